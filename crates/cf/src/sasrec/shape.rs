//! Where each parameter lies: one array for the items, one for everything else.

use std::ops::Range;

/// Sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) n_items: usize,
    /// Numbers of a vector.
    pub(crate) factors: usize,
    pub(crate) layers: usize,
    /// Divides `factors`.
    pub(crate) heads: usize,
    /// Numbers inside a feed-forward part.
    pub(crate) hidden: usize,
    /// Events that an event sees, itself among them.
    pub(crate) window: usize,
}

/// A parameter of a layer. Matrices have one row for each number that goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Gain of the norm before attention, `[factors]`.
    AttentionGain,
    /// To queries, keys and values, `[factors, 3 * factors]`.
    Project,
    /// What is added to the likeness of events at each distance, `[heads, window]`.
    Distance,
    /// From the heads back, `[factors, factors]`.
    Merge,
    /// Gain of the norm before the feed-forward part, `[factors]`.
    FeedGain,
    /// To gates and values, `[factors, 2 * hidden]`.
    Up,
    /// And back, `[hidden, factors]`.
    Down,
}

/// Parts of a layer in their order.
pub(super) const PARTS: [Part; 7] = [
    Part::AttentionGain,
    Part::Project,
    Part::Distance,
    Part::Merge,
    Part::FeedGain,
    Part::Up,
    Part::Down,
];

impl Shape {
    /// Numbers of one head.
    pub(super) fn head(&self) -> usize {
        self.factors / self.heads
    }

    /// Number of parameters of `part`.
    pub(super) fn len(&self, part: Part) -> usize {
        let d = self.factors;
        match part {
            Part::AttentionGain | Part::FeedGain => d,
            Part::Project => 3 * d * d,
            Part::Distance => self.heads * self.window,
            Part::Merge => d * d,
            Part::Up => 2 * d * self.hidden,
            Part::Down => d * self.hidden,
        }
    }

    fn layer_len(&self) -> usize {
        PARTS.iter().map(|&part| self.len(part)).sum()
    }

    /// Number of parameters that are not of an item.
    pub(super) fn dense_len(&self) -> usize {
        self.layers * self.layer_len() + self.factors
    }

    /// Where `part` of layer `layer` lies among them.
    pub(super) fn range(&self, layer: usize, part: Part) -> Range<usize> {
        let before = PARTS.iter().take_while(|&&other| other != part);
        let start = layer * self.layer_len() + before.map(|&other| self.len(other)).sum::<usize>();
        start..start + self.len(part)
    }

    /// Where the gain of the norm after all layers lies.
    pub(super) fn last_gain(&self) -> Range<usize> {
        let len = self.dense_len();
        len - self.factors..len
    }
}

/// Parameters, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) shape: Shape,
    /// `[n_items, factors]`.
    pub(super) items: &'a [f32],
    /// All others.
    pub(super) dense: &'a [f32],
}

impl<'a> Parameters<'a> {
    pub(super) fn part(&self, layer: usize, part: Part) -> &'a [f32] {
        &self.dense[self.shape.range(layer, part)]
    }

    pub(super) fn last_gain(&self) -> &'a [f32] {
        &self.dense[self.shape.last_gain()]
    }

    /// The vector of item `item`.
    pub(super) fn item(&self, item: u32) -> &'a [f32] {
        let d = self.shape.factors;
        &self.items[item as usize * d..][..d]
    }

    /// What the vector of an item is multiplied by where it comes in.
    pub(super) fn input_scale(&self) -> f32 {
        crate::check::narrow((self.shape.factors as f64).sqrt())
    }
}
