//! The layers of a network and where their weights lie in one array.

use std::ops::Range;

use marquee_math::{
    AFFINE_BLOCK, PAIR_BLOCK,
    split::{Parts, SplitPanels},
};

use super::{
    Cross, NetworkConfig,
    layout::Layout,
    linear::{Linear, Wide},
    outcome::Outcome,
};

/// All layers above the inputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) layout: Layout,
    /// For each sequence that candidates look at, in the order of the layout.
    pub(crate) attention: Vec<AttentionShape>,
    pub(crate) cross: Vec<CrossShape>,
    pub(crate) pairs: Option<PairsShape>,
    pub(crate) experts: Vec<Vec<Linear>>,
    /// From the last cross layer to all outputs.
    pub(crate) direct: Linear,
    pub(crate) heads: Vec<HeadShape>,
    /// Weights of all layers.
    pub(crate) len: usize,
    /// Numbers that the way back needs: weights with rows and columns exchanged.
    pub(crate) back_len: usize,
    /// Layers that tiles multiply where the machine has them.
    pub(crate) n_wide: usize,
}

/// How a candidate looks at a sequence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AttentionShape {
    /// From the candidate to the hidden layer.
    pub(crate) query: Linear,
    /// From an event and its product with the candidate; no bias of its own.
    pub(crate) key: Linear,
    /// The hidden layer's part in the score, padded.
    pub(crate) score: std::ops::Range<usize>,
}

/// A cross layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CrossShape {
    Full(Linear),
    LowRank { down: Linear, up: Linear },
}

impl CrossShape {
    /// The part that reads what goes into it.
    pub(crate) fn reads(&self) -> &Linear {
        match self {
            Self::Full(linear) => linear,
            Self::LowRank { down, .. } => down,
        }
    }
}

/// Sums over pairs of embeddings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairsShape {
    /// Where each embedding begins among the inputs; those of the request come first.
    pub(crate) columns: Vec<usize>,
    /// Embeddings of the request.
    pub(crate) of_request: usize,
    /// The weights of each sum: a row for each embedding, a number for each one after it.
    pub(crate) weights: Vec<Range<usize>>,
    /// For the way back the same with each number at both of its places.
    pub(crate) back: Vec<Range<usize>>,
    /// From all sums to all outputs; without a bias.
    pub(crate) out: Linear,
}

/// What belongs to one head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeadShape {
    pub(crate) outcome: Outcome,
    /// Which experts it draws on.
    pub(crate) experts: Vec<usize>,
    /// How much on which; none where there is one expert.
    pub(crate) gate: Option<Linear>,
    pub(crate) tower: Vec<Linear>,
    /// From the top of the tower to its outputs; none without a deep part.
    pub(crate) top: Option<Linear>,
    /// Its columns among all outputs.
    pub(crate) first: usize,
    /// What each position does, in training only.
    pub(crate) positions: std::ops::Range<usize>,
}

/// Gives out places for weights.
struct Places {
    weights: usize,
    back: usize,
    wide: usize,
}

/// Inputs and outputs, padded, from which on tiles are quicker than vectors.
const WIDE: usize = 32;

impl Places {
    fn take(&mut self, n: usize) -> Range<usize> {
        self.weights += n;
        self.weights - n..self.weights
    }

    fn take_back(&mut self, n: usize) -> Range<usize> {
        self.back += n;
        self.back - n..self.back
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Linear {
        let padded = outputs.next_multiple_of(AFFINE_BLOCK);
        Linear {
            inputs,
            outputs,
            weights: self.take(inputs * padded),
            bias: self.take(padded),
            back: self.take_back(outputs * inputs.next_multiple_of(AFFINE_BLOCK)),
            wide: None,
        }
    }

    /// A layer that tiles may multiply.
    ///
    /// - `first`: inputs that stand apart.
    fn wide(&mut self, inputs: usize, outputs: usize, first: usize) -> Linear {
        let layer = self.linear(inputs, outputs);
        let wide = inputs >= WIDE && layer.padded() >= WIDE;
        self.wide += usize::from(wide);
        Linear {
            wide: wide.then(|| Wide {
                place: self.wide - 1,
                first,
            }),
            ..layer
        }
    }

    /// The layers of an expert, on inputs of which `first` stand apart.
    fn expert(&mut self, (inputs, first): (usize, usize), widths: &[usize]) -> Vec<Linear> {
        let mut below = (inputs, first);
        let layers = widths.iter().map(|&outputs| {
            let layer = self.wide(below.0, outputs, below.1);
            below = (outputs, 0);
            layer
        });
        layers.collect()
    }

    fn tower(&mut self, inputs: usize, widths: &[usize]) -> Vec<Linear> {
        let mut inputs = inputs;
        let layers = widths.iter().map(|&outputs| {
            let layer = self.linear(inputs, outputs);
            inputs = outputs;
            layer
        });
        layers.collect()
    }
}

impl Shape {
    /// The layers for these inputs and heads.
    pub(crate) fn new(layout: Layout, config: &NetworkConfig, outcomes: &[Outcome]) -> Self {
        let mut places = Places {
            weights: 0,
            back: 0,
            wide: 0,
        };
        let (width, embedding) = (layout.width, layout.embedding);
        let first = layout.request_width;
        let attention = layout.row.sequences.iter().map(|_| AttentionShape {
            query: places.linear(embedding, config.attention),
            key: places.linear(2 * embedding, config.attention),
            score: places.take(config.attention.next_multiple_of(AFFINE_BLOCK)),
        });
        let attention = attention.collect();
        let cross = config.cross.iter().map(|cross| match *cross {
            Cross::Full => CrossShape::Full(places.wide(width, width, first)),
            Cross::LowRank(rank) => CrossShape::LowRank {
                down: places.wide(width, rank, first),
                up: places.wide(rank, width, 0),
            },
        });
        let cross = cross.collect();
        let deep = !config.hidden.is_empty();
        let own = config.own_experts * outcomes.len();
        let n_experts = if deep { config.shared_experts + own } else { 0 };
        let experts = (0..n_experts).map(|_| places.expert((width, first), &config.hidden));
        let experts = experts.collect();
        let n_outputs: usize = outcomes.iter().map(|outcome| outcome.n_outputs()).sum();
        let direct = places.wide(width, n_outputs, first);
        let mut first = 0;
        let heads = outcomes.iter().enumerate().map(|(head, &outcome)| {
            first += outcome.n_outputs();
            let first = first - outcome.n_outputs();
            head_shape(&mut places, width, config, (head, outcome, first))
        });
        let heads = heads.collect();
        let pairs = pairs_shape(&mut places, &layout, config.pairs, n_outputs);
        Self {
            attention,
            cross,
            pairs,
            experts,
            direct,
            heads,
            layout,
            len: places.weights,
            back_len: places.back,
            n_wide: places.wide,
        }
    }

    /// Inputs of a row, padded.
    pub(crate) fn stride(&self) -> usize {
        self.layout.width.next_multiple_of(AFFINE_BLOCK)
    }
}

fn pairs_shape(
    places: &mut Places,
    layout: &Layout,
    n_sums: usize,
    n_outputs: usize,
) -> Option<PairsShape> {
    let columns = layout.embeddings();
    if n_sums == 0 || columns.is_empty() {
        return None;
    }
    let n = columns.len() * columns.len().next_multiple_of(PAIR_BLOCK);
    let weights = (0..n_sums).map(|_| places.take(n)).collect();
    let back = (0..n_sums).map(|_| places.take_back(n)).collect();
    let mut out = places.linear(n_sums * layout.embedding, n_outputs);
    places.weights -= out.bias.len();
    out.bias = 0..0;
    let of_request = columns.partition_point(|&column| column < layout.request_width);
    Some(PairsShape {
        columns,
        of_request,
        weights,
        back,
        out,
    })
}

fn head_shape(
    places: &mut Places,
    width: usize,
    config: &NetworkConfig,
    (head, outcome, first): (usize, Outcome, usize),
) -> HeadShape {
    let deep = config.hidden.last().copied();
    let own = config.shared_experts + head * config.own_experts;
    let own = own..own + config.own_experts;
    let experts: Vec<usize> = match deep {
        Some(_) => (0..config.shared_experts).chain(own).collect(),
        None => Vec::new(),
    };
    let gate = (experts.len() > 1).then(|| places.linear(width, experts.len()));
    let tower = deep.map_or_else(Vec::new, |deep| places.tower(deep, &config.tower));
    let top = deep.map(|deep| {
        let below = config.tower.last().copied().unwrap_or(deep);
        places.linear(below, outcome.n_outputs())
    });
    HeadShape {
        outcome,
        experts,
        gate,
        tower,
        top,
        first,
        positions: places.take(config.positions),
    }
}

/// A layer and what follows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) linear: &'a Linear,
    /// Variance of new weights, times the number of inputs.
    pub(crate) gain: f64,
}

impl Shape {
    /// Writes all weights with rows and columns exchanged, as the way back needs them.
    pub(crate) fn turn(&self, weights: &[f32], back: &mut Vec<f32>) {
        back.resize(self.back_len, 0.0);
        for layer in self.layers() {
            layer.linear.turn(weights, back);
        }
        let Some(pairs) = &self.pairs else {
            return;
        };
        pairs.out.turn(weights, back);
        let n = pairs.columns.len();
        let stride = n.next_multiple_of(PAIR_BLOCK);
        for (weights_of, back_of) in pairs.weights.iter().zip(&pairs.back) {
            let (weights, back) = (&weights[weights_of.clone()], &mut back[back_of.clone()]);
            for (first, second) in
                (0..n).flat_map(|second| (0..second).map(move |first| (first, second)))
            {
                let weight = weights[first * stride + second];
                back[first * stride + second] = weight;
                back[second * stride + first] = weight;
            }
        }
    }

    /// Splits the weights of wide layers for tiles.
    ///
    /// - `panels`: made anew where there are not as many.
    pub(crate) fn split(&self, weights: &[f32], parts: Parts, panels: &mut Vec<SplitPanels>) {
        panels.resize_with(self.n_wide, SplitPanels::default);
        for layer in self.layers() {
            layer.linear.split(weights, parts, panels);
        }
    }

    /// The same for the way back, from what [`turn`](Self::turn) wrote.
    pub(crate) fn split_turned(&self, back: &[f32], parts: Parts, panels: &mut Vec<SplitPanels>) {
        panels.resize_with(self.n_wide, SplitPanels::default);
        for layer in self.layers() {
            layer.linear.split_turned(back, parts, panels);
        }
    }

    /// Whether a wide layer reads the inputs.
    pub(crate) fn reads_inputs_wide(&self) -> bool {
        let cross = self.cross.first().map(CrossShape::reads);
        let experts = self.experts.iter().filter_map(|layers| layers.first());
        let mut readers = cross.or(Some(&self.direct)).into_iter().chain(experts);
        readers.any(|layer| layer.wide.is_some())
    }

    /// The layer that reads what cross layer `at` gives.
    pub(crate) fn after_cross(&self, at: usize) -> &Linear {
        self.cross
            .get(at + 1)
            .map_or(&self.direct, CrossShape::reads)
    }

    /// All layers but that above sums over pairs, in the order of their weights but for those of cross layers, which come first.
    pub(crate) fn layers(&self) -> Vec<Layer<'_>> {
        // A rectifier takes half of what goes through it; what is added to something starts small.
        const RECTIFIED: f64 = 2.0;
        const ADDED: f64 = 0.3;
        const PLAIN: f64 = 1.0;
        let layer = |gain| move |linear| Layer { linear, gain };
        let mut layers = Vec::new();
        for cross in &self.cross {
            match cross {
                CrossShape::Full(linear) => layers.push(layer(ADDED)(linear)),
                CrossShape::LowRank { down, up } => {
                    layers.extend([layer(PLAIN)(down), layer(ADDED)(up)]);
                }
            }
        }
        for attention in &self.attention {
            layers.extend([&attention.query, &attention.key].map(layer(PLAIN)));
        }
        layers.extend(self.experts.iter().flatten().map(layer(RECTIFIED)));
        layers.push(layer(ADDED)(&self.direct));
        for head in &self.heads {
            layers.extend(head.gate.iter().map(layer(ADDED)));
            layers.extend(head.tower.iter().map(layer(RECTIFIED)));
            layers.extend(head.top.iter().map(layer(ADDED)));
        }
        layers
    }
}
