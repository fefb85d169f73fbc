//! Names into numbers, operands into spans.

use marquee_core::Timestamp;

use crate::{
    Columns, Field, ViewerFields,
    columns::TextColumn,
    direct::{operand_span, order_holds, text_holds},
    expr::{Comparison, Leaf, Membership, Node, OrderTest, Presence, TextTest},
    fold::fold,
    kind,
    literal::Span,
};

use super::{Program, test::Test};

/// What names and operands are looked up in.
pub(super) struct Binder<'b, 'c> {
    pub(super) columns: &'c Columns,
    pub(super) viewer: &'b ViewerFields<'b>,
    pub(super) now: Timestamp,
}

impl<'c> Binder<'_, 'c> {
    pub(super) fn node(&self, node: &Node) -> Program<'c> {
        match node {
            Node::All(parts) => {
                let parts = parts.iter().map(|part| self.node(part));
                join(parts, false, Program::All)
            }
            Node::Any(parts) => {
                let parts = parts.iter().map(|part| self.node(part));
                join(parts, true, Program::Any)
            }
            Node::Not(inner) => not(self.node(inner)),
            Node::Leaf(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&self, leaf: &Leaf) -> Program<'c> {
        match leaf {
            Leaf::Available => Program::Test(Test::Open(&self.columns.windows, self.now)),
            Leaf::Kind(membership, kinds) => {
                let bits = kinds.iter().fold(0, |bits, &one| bits | kind::bit(one));
                let bits = match membership {
                    Membership::In => bits,
                    Membership::NotIn => !bits,
                };
                Program::Test(Test::Kinds(&self.columns.kinds, bits))
            }
            Leaf::Presence(field, presence) => {
                let set = self.presence(*field);
                match presence {
                    Presence::Set => set,
                    Presence::Missing => not(set),
                }
            }
            Leaf::Text(field, test) if field.is_of_viewer() => {
                let mut text: Vec<&str> = self.viewer.text(*field).into_iter().collect();
                text.retain(|text| !text.is_empty());
                Program::Constant(text_holds(test, *field, &text, self.viewer))
            }
            Leaf::Order(field, test) if field.is_of_viewer() => {
                let value = self.viewer.ordered(*field);
                let holds = |value| order_holds(test, value, self.viewer, self.now);
                Program::Constant(value.is_some_and(holds))
            }
            Leaf::Text(field, test) => self.text(*field, test),
            Leaf::Order(field, test) => self.order(*field, test),
        }
    }

    fn presence(&self, field: Field) -> Program<'c> {
        if let Some(column) = self.columns.texts(field) {
            return Program::Test(Test::HasText(column));
        }
        if let Some(column) = self.columns.codes(field) {
            return Program::Test(Test::HasCode(column));
        }
        if let Some(column) = self.columns.numbers(field) {
            return Program::Test(Test::HasNumber(column));
        }
        let text = self.viewer.text(field).filter(|text| !text.is_empty());
        Program::Constant(text.is_some() || self.viewer.ordered(field).is_some())
    }

    fn text(&self, field: Field, test: &TextTest) -> Program<'c> {
        let (membership, texts) = match test {
            TextTest::Among(membership, texts) => {
                (*membership, texts.iter().map(String::as_str).collect())
            }
            TextTest::Viewer(membership, other) => {
                match self.viewer.text(*other).filter(|text| !text.is_empty()) {
                    Some(text) => (*membership, vec![text]),
                    None => return Program::Constant(false),
                }
            }
            TextTest::StartsWith(start) => return self.start(field, &fold(start)),
            TextTest::Contains(part) => return self.part(field, &fold(part)),
        };
        if let Some(column) = self.columns.texts(field) {
            let rows = found(column, field, &texts);
            return Program::Test(Test::Rows(column, membership, rows));
        }
        match self.columns.codes(field) {
            Some(column) => {
                let codes = found(column.values(), field, &texts);
                Program::Test(Test::Codes(column, membership, codes))
            }
            None => Program::Constant(false),
        }
    }

    fn start(&self, field: Field, start: &str) -> Program<'c> {
        if start.is_empty() {
            return self.presence(field);
        }
        if let Some(column) = self.columns.texts(field) {
            return Program::Test(Test::Start(column, start.to_owned()));
        }
        self.codes_where(field, |values| values.starting_with(start).to_vec())
    }

    fn part(&self, field: Field, part: &str) -> Program<'c> {
        if part.is_empty() {
            return self.presence(field);
        }
        if let Some(column) = self.columns.texts(field) {
            return Program::Test(Test::Part(column, part.to_owned()));
        }
        self.codes_where(field, |values| {
            let mut codes = Vec::new();
            values.containing(part, |code| codes.extend(u32::try_from(code)));
            codes
        })
    }

    /// Rows with one of the numbers that `find` takes from the dictionary.
    fn codes_where(&self, field: Field, find: impl Fn(&TextColumn) -> Vec<u32>) -> Program<'c> {
        let Some(column) = self.columns.codes(field) else {
            return Program::Constant(false);
        };
        let mut codes = find(column.values());
        codes.sort_unstable();
        Program::Test(Test::Codes(column, Membership::In, codes))
    }

    fn order(&self, field: Field, test: &OrderTest) -> Program<'c> {
        let spans = match test {
            OrderTest::Compare(comparison, operand) => {
                match operand_span(*operand, self.viewer, self.now) {
                    Some(span) => spans_of(*comparison, span),
                    None => return Program::Constant(false),
                }
            }
            OrderTest::Among(Membership::In, values) => {
                united(values.iter().map(|value| value.span()).collect())
            }
            OrderTest::Among(Membership::NotIn, values) => {
                complement(&united(values.iter().map(|value| value.span()).collect()))
            }
        };
        match self.columns.numbers(field) {
            Some(column) => Program::Test(Test::Spans(column, spans)),
            None => Program::Constant(false),
        }
    }
}

/// Places of the texts in a column, rising, none twice.
fn found(column: &TextColumn, field: Field, texts: &[&str]) -> Vec<u32> {
    let texts = texts.iter().filter(|text| !text.is_empty());
    let mut places: Vec<u32> = match field.ignores_case() {
        true => texts
            .flat_map(|text| column.equal_folded(text))
            .copied()
            .collect(),
        false => texts.flat_map(|text| column.equal(text)).collect(),
    };
    places.sort_unstable();
    places.dedup();
    places
}

/// Parts as one program: a part that is `decides` makes all of it that, and one that is not adds
/// nothing.
fn join<'c>(
    parts: impl Iterator<Item = Program<'c>>,
    decides: bool,
    make: fn(Vec<Program<'c>>) -> Program<'c>,
) -> Program<'c> {
    let mut open = Vec::new();
    for part in parts {
        match part {
            Program::Constant(value) if value == decides => return Program::Constant(decides),
            Program::Constant(_) => {}
            part => open.push(part),
        }
    }
    match open.pop() {
        None => Program::Constant(!decides),
        Some(only) if open.is_empty() => only,
        Some(last) => {
            open.push(last);
            make(open)
        }
    }
}

fn not(program: Program<'_>) -> Program<'_> {
    match program {
        Program::Constant(value) => Program::Constant(!value),
        Program::Not(inner) => *inner,
        program => Program::Not(Box::new(program)),
    }
}

/// The values that stand to `span` as `comparison` says.
fn spans_of(comparison: Comparison, span: Span) -> Vec<Span> {
    let below = || {
        span.first.checked_sub(1).map(|last| Span {
            first: i64::MIN,
            last,
        })
    };
    let above = || {
        span.last.checked_add(1).map(|first| Span {
            first,
            last: i64::MAX,
        })
    };
    match comparison {
        Comparison::Equal => vec![span],
        Comparison::NotEqual => below().into_iter().chain(above()).collect(),
        Comparison::Less => below().into_iter().collect(),
        Comparison::LessOrEqual => vec![Span {
            first: i64::MIN,
            last: span.last,
        }],
        Comparison::Greater => above().into_iter().collect(),
        Comparison::GreaterOrEqual => vec![Span {
            first: span.first,
            last: i64::MAX,
        }],
    }
}

/// The same values in spans that rise and do not meet.
fn united(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.first);
    let mut united: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match united.last_mut() {
            Some(last) if span.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(span.last);
            }
            _ => united.push(span),
        }
    }
    united
}

/// All values in none of the spans, which rise and do not meet.
fn complement(spans: &[Span]) -> Vec<Span> {
    let mut gaps = Vec::with_capacity(spans.len() + 1);
    let mut next = Some(i64::MIN);
    for span in spans {
        if let Some(first) = next.filter(|&first| first < span.first) {
            gaps.push(Span {
                first,
                last: span.first - 1,
            });
        }
        next = span.last.checked_add(1);
    }
    gaps.extend(next.map(|first| Span {
        first,
        last: i64::MAX,
    }));
    gaps
}
