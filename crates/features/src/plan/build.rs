//! One declaration into one node.

use super::{
    Entity, Limits, Node, Op, Output, PairLayout, PairSlot, Side, Time, VectorOf,
    layout::TileLayout,
};
use crate::{
    DeclarationFault, Result,
    declare::{
        Borders, Combine, Declared, Field, Kind, Owner, Place, Scale, Scope, Signal, Since, Trait,
        Vectors, With, Word,
    },
    observed::Marks,
};

/// A sum over a viewer's events by trait: which trait, and which sum of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) pair: usize,
    pub(crate) slot: usize,
}

/// What a plan is made of, as it grows.
pub(super) struct Builder<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node>,
    pub(super) tiles: [TileLayout; 3],
    pub(super) pairs: Vec<PairLayout>,
    pub(super) limits: Limits,
    pub(super) vectors: Vec<(String, u32)>,
}

/// The parts of a node that its kind decides.
struct Made(Op, Side, Output);

const ONE: Output = Output::Dense(1);

impl Builder<'_> {
    /// Adds a feature whose inputs were added before.
    pub(super) fn add(&mut self, declared: &Declared) -> Result<()> {
        let Made(op, side, output) = self.make(&declared.kind)?;
        self.nodes.push(Node {
            name: declared.name.text.clone(),
            side,
            op,
            output,
            column: None,
            kept: None,
        });
        Ok(())
    }

    fn make(&mut self, kind: &Kind) -> Result<Made> {
        Ok(match kind {
            Kind::Raw { field, scale } => Made(Op::Number(*field, *scale), side_of(*field), ONE),
            Kind::Since {
                what,
                unit_ms,
                scale,
            } => self.since(
                *what,
                Time {
                    unit_ms: *unit_ms,
                    scale: *scale,
                },
            ),
            Kind::Bucketed { input, borders, at } => self.bucketed(input, borders, *at)?,
            Kind::Hashed { field, size, nth } => {
                let (field, size, nth) = (*field, *size, *nth);
                Made(
                    Op::Hash { field, size, nth },
                    side_of(field),
                    Output::Sparse(size),
                )
            }
            Kind::Category { field, values } => {
                let size = u32::try_from(values.len() + 1).unwrap_or(u32::MAX);
                let (field, values) = (*field, values.clone());
                Made(
                    Op::Category { field, values },
                    side_of(field),
                    Output::Sparse(size),
                )
            }
            Kind::Crossed { inputs, size } => self.crossed(inputs, *size)?,
            Kind::Counter {
                scope,
                signal,
                scale,
                combine,
            } => self.counter(*scope, *signal, *scale, *combine),
            Kind::Rate { .. } => self.rate(kind),
            Kind::Affinity { .. } => self.affinity(kind),
            Kind::Tie { half_life_ms } => {
                let half_life_ms = *half_life_ms;
                Made(Op::Tie { half_life_ms }, Side::Row, ONE)
            }
            Kind::Sequence { marks, last, ids } => {
                let op = Op::Sequence {
                    marks: *marks,
                    last: *last,
                    ids: self.ids_of_items(ids)?,
                };
                Made(op, Side::Request, Output::Sequence)
            }
            Kind::Embedding { .. } | Kind::Similarity { .. } => self.vectors(kind),
            Kind::Overlap { list, marks, last } => {
                let (list, marks, last) = (*list, *marks, *last);
                Made(Op::Overlap { list, marks, last }, Side::Row, ONE)
            }
            Kind::Position => Made(Op::Position, Side::Row, ONE),
        })
    }

    fn since(&mut self, what: Since, time: Time) -> Made {
        match what {
            Since::Field(field) => Made(Op::SinceField(field, time), side_of(field), ONE),
            Since::Event(None, marks) => Made(Op::SinceDeed(marks, time), Side::Request, ONE),
            Since::Event(Some(of), marks) => {
                let last = self.sum(of, PairSlot::Last(marks));
                Made(Op::SincePair(last, time), side_of_trait(of), ONE)
            }
        }
    }

    fn counter(&mut self, scope: Scope, signal: Signal, scale: Scale, combine: Combine) -> Made {
        match entity_of(scope) {
            Ok(entity) => {
                let read = self.tiles[entity as usize].read(signal);
                Made(Op::Tile(entity, read, scale), side_of_entity(entity), ONE)
            }
            Err(of) => {
                let sum = self.sum(of, PairSlot::Sum(signal));
                Made(Op::Pair(sum, scale, combine), side_of_trait(of), ONE)
            }
        }
    }

    fn rate(&mut self, kind: &Kind) -> Made {
        let &Kind::Rate {
            scope,
            top,
            bottom,
            prior,
            combine,
        } = kind
        else {
            unreachable!("called for rates only");
        };
        match entity_of(scope) {
            Ok(of) => {
                let layout = &mut self.tiles[of as usize];
                let (top, bottom) = (layout.read(top), layout.read(bottom));
                let op = Op::TileRate {
                    of,
                    top,
                    bottom,
                    prior,
                };
                Made(op, side_of_entity(of), ONE)
            }
            Err(of) => {
                let op = Op::PairRate {
                    top: self.sum(of, PairSlot::Sum(top)),
                    bottom: self.sum(of, PairSlot::Sum(bottom)),
                    prior,
                    combine,
                };
                Made(op, side_of_trait(of), ONE)
            }
        }
    }

    fn affinity(&mut self, kind: &Kind) -> Made {
        let &Kind::Affinity {
            of,
            signal,
            prior,
            combine,
        } = kind
        else {
            unreachable!("called for affinities only");
        };
        let op = Op::Share {
            of: self.sum(of, PairSlot::Sum(signal)),
            prior,
            combine,
        };
        Made(op, side_of_trait(of), ONE)
    }

    fn bucketed(&self, input: &Word, borders: &Borders, at: Place) -> Result<Made> {
        let place = self.input(input)?;
        let node = &self.nodes[place];
        if node.output != ONE {
            return Err(self.unfit(
                input,
                input.at,
                "no single number",
                "a feature that is one number",
            ));
        }
        let time = match &node.op {
            Op::SinceField(_, time) | Op::SinceDeed(_, time) | Op::SincePair(_, time) => {
                Some(*time)
            }
            _ => None,
        };
        let borders = match (time, borders) {
            (Some(time), Borders::Millis(millis)) => millis
                .iter()
                .map(|&length| time.of(whole(length)))
                .collect(),
            (None, Borders::Numbers(numbers)) => numbers.iter().map(|&x| narrow(x)).collect(),
            (Some(_), Borders::Numbers(_)) => {
                let expected = "borders with units, such as [\"1h\", \"1d\"]";
                return Err(self.unfit(input, at, "a length of time", expected));
            }
            (None, Borders::Millis(_)) => {
                return Err(self.unfit(input, at, "a plain number", "borders without units"));
            }
        };
        let borders: Vec<f32> = borders;
        let size = u32::try_from(borders.len() + 2).unwrap_or(u32::MAX);
        let op = Op::Bucket {
            input: place,
            borders,
        };
        Ok(Made(op, node.side, Output::Sparse(size)))
    }

    fn crossed(&self, words: &[Word], size: u32) -> Result<Made> {
        let (mut inputs, mut side) = (Vec::with_capacity(words.len()), Side::Request);
        for word in words {
            let place = self.input(word)?;
            let node = &self.nodes[place];
            if !matches!(node.output, Output::Sparse(_)) {
                return Err(self.unfit(
                    word,
                    word.at,
                    "no id",
                    "a hashed, bucketed or category feature",
                ));
            }
            if node.side == Side::Row {
                side = Side::Row;
            }
            inputs.push(place);
        }
        Ok(Made(Op::Cross { inputs, size }, side, Output::Sparse(size)))
    }

    /// A feature that gives any item an id, whoever asks.
    fn ids_of_items(&self, word: &Word) -> Result<usize> {
        let place = self.input(word)?;
        match &self.nodes[place].op {
            Op::Hash { field, .. } | Op::Category { field, .. } if field.owner() == Owner::Item => {
                Ok(place)
            }
            _ => Err(self.unfit(
                word,
                word.at,
                "no id of items",
                "a hashed or category feature of an item's field",
            )),
        }
    }

    fn input(&self, word: &Word) -> Result<usize> {
        let found = self.nodes.iter().position(|node| node.name == word.text);
        Ok(found.expect("inputs are added before what is made from them"))
    }

    fn unfit(
        &self,
        word: &Word,
        at: Place,
        found: &'static str,
        expected: &'static str,
    ) -> crate::Error {
        let name = word.text.clone();
        let fault = DeclarationFault::Input {
            name,
            found,
            expected,
        };
        at.fault(self.text, fault)
    }

    fn vectors(&mut self, kind: &Kind) -> Made {
        match kind {
            Kind::Embedding { table, of } => {
                self.need(table);
                let Vectors { name, dim } = table.clone();
                let (op, side) = match of {
                    Owner::Viewer => (Op::ViewerVector { table: name }, Side::Request),
                    _ => (Op::ItemVector { table: name }, Side::Row),
                };
                Made(op, side, Output::Dense(dim))
            }
            Kind::Similarity { items, with, norm } => {
                self.need(items);
                if let With::Viewer(table) = with {
                    self.need(table);
                }
                let with = match with {
                    With::Viewer(table) => VectorOf::Viewer {
                        table: table.name.clone(),
                    },
                    &With::Recent { marks, last } => VectorOf::Recent { marks, last },
                };
                let op = Op::Similarity {
                    items: items.name.clone(),
                    with,
                    norm: *norm,
                };
                Made(op, Side::Row, ONE)
            }
            _ => unreachable!("called for features of vectors only"),
        }
    }

    fn need(&mut self, table: &Vectors) {
        let named = (table.name.clone(), table.dim);
        if !self.vectors.contains(&named) {
            self.vectors.push(named);
        }
    }

    fn sum(&mut self, of: Trait, slot: PairSlot) -> Sum {
        let pair = self.pairs.iter().position(|pair| pair.of == of);
        let pair = pair.unwrap_or_else(|| {
            self.pairs.push(PairLayout {
                of,
                slots: Vec::new(),
                marks: Marks::NONE,
            });
            self.pairs.len() - 1
        });
        let PairLayout { slots, marks, .. } = &mut self.pairs[pair];
        *marks = marks.or(slot.marks());
        let found = slots.iter().position(|other| *other == slot);
        let slot = found.unwrap_or_else(|| {
            slots.push(slot);
            slots.len() - 1
        });
        Sum { pair, slot }
    }
}

fn entity_of(scope: Scope) -> Result<Entity, Trait> {
    match scope {
        Scope::Viewer => Ok(Entity::Viewer),
        Scope::Item => Ok(Entity::Item),
        Scope::Creator => Ok(Entity::Creator),
        Scope::Pair(of) => Err(of),
    }
}

fn side_of_entity(entity: Entity) -> Side {
    match entity {
        Entity::Viewer => Side::Request,
        Entity::Item | Entity::Creator => Side::Row,
    }
}

fn side_of_trait(of: Trait) -> Side {
    match of {
        Trait::Hour => Side::Request,
        _ => Side::Row,
    }
}

fn side_of(field: Field) -> Side {
    match field.owner() {
        Owner::Item => Side::Row,
        Owner::Viewer | Owner::Context => Side::Request,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a border keeps the digits of the numbers it is compared with"
)]
fn narrow(border: f64) -> f32 {
    border as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths of time are within a hundred years"
)]
fn whole(millis: f64) -> i64 {
    millis.round() as i64
}
