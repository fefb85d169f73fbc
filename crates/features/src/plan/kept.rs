//! Which features have the same value for an item or a creator whoever asks.

use std::ops::Range;

use super::{Entity, Node, Op, Output, Side, TileLayout, TileRead};

/// Where the values of such features lie in the entry of an item or a creator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeptLayout {
    /// Places of the features of items, in the order of their values.
    pub(crate) items: Vec<usize>,
    /// The same of creators.
    pub(crate) creators: Vec<usize>,
    item_words: usize,
}

/// Where in an entry a feature's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptAt {
    /// So many words from the start of the values of an item.
    Item(usize),
    /// The same of a creator.
    Creator(usize),
}

/// Words of an item's entry before its values: what it is, see [`compute`](crate::compute).
pub(crate) const TRAIT_WORDS: usize = 16;

impl KeptLayout {
    /// Gives each such feature its place.
    pub(super) fn place(nodes: &mut [Node]) -> Self {
        let mut layout = Self {
            item_words: TRAIT_WORDS,
            ..Self::default()
        };
        for (place, node) in nodes.iter_mut().enumerate() {
            let Some(of) = owner(node) else { continue };
            node.kept = Some(match of {
                Entity::Creator => {
                    layout.creators.push(place);
                    KeptAt::Creator(layout.creators.len() - 1)
                }
                Entity::Item | Entity::Viewer => {
                    let at = layout.item_words;
                    layout.items.push(place);
                    layout.item_words += words_of(&node.op);
                    KeptAt::Item(at)
                }
            });
        }
        layout
    }

    /// Words of the entry of an item.
    pub(crate) const fn item_words(&self) -> usize {
        self.item_words
    }

    /// The times around `now` at which kept values are the same.
    pub(crate) fn holds(&self, nodes: &[Node], tiles: &[TileLayout; 3], now: i64) -> Range<i64> {
        let mut holds = i64::MIN..i64::MAX;
        let kept = self.items.iter().chain(&self.creators);
        for (of, read) in kept.flat_map(|&place| reads(&nodes[place].op)).flatten() {
            let width = tiles[of as usize].rings[read.ring as usize].width_ms;
            if width > 0 {
                let start = now.div_euclid(width).saturating_mul(width);
                holds.start = holds.start.max(start);
                holds.end = holds.end.min(start.saturating_add(width));
            }
        }
        holds
    }
}

/// A time has two words, everything else one.
const fn words_of(op: &Op) -> usize {
    if matches!(op, Op::SinceField(..)) {
        2
    } else {
        1
    }
}

/// Whose entry has a feature's value, if any has.
fn owner(node: &Node) -> Option<Entity> {
    if node.side != Side::Row || node.output == Output::Sequence {
        return None;
    }
    match node.op {
        Op::Number(..) | Op::SinceField(..) | Op::Hash { .. } | Op::Category { .. } => {
            Some(Entity::Item)
        }
        Op::Tile(of, ..) | Op::TileRate { of, .. } => Some(of).filter(|of| *of != Entity::Viewer),
        _ => None,
    }
}

fn reads(op: &Op) -> [Option<(Entity, TileRead)>; 2] {
    match *op {
        Op::Tile(of, read, _) => [Some((of, read)), None],
        Op::TileRate {
            of, top, bottom, ..
        } => [Some((of, top)), Some((of, bottom))],
        _ => [None; 2],
    }
}
