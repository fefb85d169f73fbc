//! Some rows of a training table through the network: inputs, layers, loss, and all slopes.

use marquee_features::{FeatureRows, NONE, TrainingRows};
use marquee_math::{
    elements::prefetch,
    split::{Parts, SplitPanels},
};

use super::{
    HeadConfig, Layers, PositionBias,
    attention::{Attention, Looking, Sequence, Touched},
    dropout::Dropout,
    layout::{known, share_of},
    linear::Weights,
    outcome::Seen,
    pass::{Pass, zeroed},
    shape::Shape,
    tables::Tables,
};

/// Rows whose inputs are filled together; memory is asked for the embeddings of the next ones before.
const ROWS: usize = 16;
/// Numbers that memory gives at a time.
const LINE: usize = 16;

/// Parameters of a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) shape: &'a Shape,
    /// Embeddings of all tables.
    pub(crate) tables: Tables<'a>,
    /// Weights of all layers.
    pub(crate) weights: &'a [f32],
    /// The same as [`Shape::turn`] writes them; empty where there is no way back.
    pub(crate) back: &'a [f32],
    /// Weights of wide layers, split for tiles, and those of the way back; empty where the machine has no tiles.
    pub(crate) panels: [&'a [SplitPanels]; 2],
    /// How exactly layers are multiplied.
    pub(crate) layers: Layers,
}

impl<'a> Parameters<'a> {
    /// Weights as layers read them.
    pub(crate) fn forth(self) -> Weights<'a> {
        Weights {
            numbers: self.weights,
            panels: self.panels[0],
            parts: self.parts(),
        }
    }

    fn parts(self) -> Parts {
        self.layers.parts().unwrap_or_default()
    }

    fn back(self) -> Weights<'a> {
        Weights {
            numbers: self.back,
            panels: self.panels[1],
            parts: self.parts(),
        }
    }
}

/// A training table with what the network has to know about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Examples<'a> {
    pub(crate) rows: TrainingRows<'a>,
    /// The request of each row.
    pub(crate) request_of: &'a [u32],
    /// For each head its column among the labels, and what is learned of it.
    pub(crate) heads: &'a [(usize, HeadConfig)],
    /// See [`NetworkConfig`](super::NetworkConfig).
    pub(crate) largest_inverse_propensity: f32,
}

/// Working space for a chunk of rows, and what it gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chunk {
    pub(crate) pass: Pass,
    attention: Attention,
    /// Slopes of all weights.
    pub(crate) gradients: Vec<f32>,
    /// Slopes of embeddings of sequences.
    pub(crate) touched: Touched,
    /// Sum of the weighted losses of the rows.
    pub(crate) loss: f64,
    /// The same for each head.
    pub(crate) losses: Vec<f64>,
}

impl Chunk {
    /// Forgets the last request: embeddings, weights or the table may have changed.
    pub(crate) fn forget(&mut self) {
        self.attention.forget();
    }

    /// Works out the inputs of the rows in `places`, nothing being known of their requests.
    ///
    /// - `shared`: how many inputs, from the first on, are the same in all rows; unless there are cross layers they
    ///   are only put into the first row.
    pub(crate) fn fill(
        &mut self,
        parameters: Parameters<'_>,
        rows: &FeatureRows<'_>,
        (places, shared): (&[u32], usize),
        request_of: impl Fn(u32) -> usize,
    ) {
        self.forget();
        self.fill_more(parameters, rows, (places, shared), request_of);
    }

    /// The same for more rows of the same tables with the same weights.
    pub(crate) fn fill_more(
        &mut self,
        parameters: Parameters<'_>,
        rows: &FeatureRows<'_>,
        (places, shared): (&[u32], usize),
        request_of: impl Fn(u32) -> usize,
    ) {
        let Parameters {
            shape,
            tables,
            weights,
            ..
        } = parameters;
        let stride = shape.stride();
        let inputs = self.pass.inputs(shape, places.len());
        let (first, others) = inputs.split_at_mut(stride.min(inputs.len()));
        if let Some(&place) = places.first() {
            let request = request_of(place);
            shape.layout.fill_request(tables, rows, request, first);
        }
        if !shape.cross.is_empty() {
            for x in others.chunks_exact_mut(stride) {
                x[..shared].copy_from_slice(&first[..shared]);
            }
        }
        if shared == 0 {
            for (x, &place) in others.chunks_exact_mut(stride).zip(&places[1..]) {
                let request = request_of(place);
                shape.layout.fill_request(tables, rows, request, x);
            }
        }
        let blocks = inputs.chunks_mut(ROWS * stride);
        for (at, (places_of, x)) in places.chunks(ROWS).zip(blocks).enumerate() {
            let later = places.iter().skip((at + 1) * ROWS).take(ROWS);
            for &later in later {
                shape.layout.prefetch(tables, rows, later as usize);
            }
            for &after in places.iter().skip((at + 2) * ROWS).take(ROWS) {
                ask_row(rows, after as usize);
            }
            shape.layout.fill_rows(tables, rows, places_of, (x, stride));
        }
        let looking = Looking {
            layout: &shape.layout,
            tables,
            weights,
            back: parameters.back,
        };
        let mut rest = inputs;
        for same in places.chunk_by(|&a, &b| request_of(a) == request_of(b)) {
            let (own, others) = rest.split_at_mut(same.len() * stride);
            rest = others;
            let request = request_of(same[0]);
            for sequence in sequences(shape) {
                let to = (&mut *own, stride);
                self.attention
                    .forward(looking, sequence, (rows, request), to);
            }
        }
    }

    /// One training step's part: losses and slopes of the rows in `places`, each row's times `share`.
    pub(crate) fn learn(
        &mut self,
        parameters: Parameters<'_>,
        examples: &Examples<'_>,
        (places, share): (&[u32], f32),
        dropout: &mut Dropout,
    ) {
        let shape = parameters.shape;
        let features = examples.rows.features();
        self.fill(parameters, &features, (places, 0), |place| {
            examples.request_of[place as usize] as usize
        });
        self.pass.forward(shape, parameters.forth(), 0, dropout);
        zeroed(&mut self.gradients, shape.len);
        self.judge(parameters, examples, places, share);
        self.pass
            .backward(shape, parameters.back(), dropout, &mut self.gradients);
        self.look_back(parameters, examples, places);
    }

    /// Losses of the rows; puts slopes in the place of outputs.
    pub(crate) fn judge(
        &mut self,
        parameters: Parameters<'_>,
        examples: &Examples<'_>,
        places: &[u32],
        share: f32,
    ) {
        let Parameters { shape, weights, .. } = parameters;
        self.losses.clear();
        self.losses.resize(shape.heads.len(), 0.0);
        let rows = &examples.rows;
        let outputs = self.pass.outputs.chunks_exact_mut(shape.direct.padded());
        for (at, (&place, outputs)) in places.iter().zip(outputs).enumerate() {
            let row = place as usize;
            if let Some(&later) = places.get(at + ROWS) {
                for &(column, _) in examples.heads {
                    prefetch(&rows.label(column)[later as usize..]);
                }
            }
            let row_weight = rows.weight()[row] * examples.inverse_propensity(row);
            let heads = shape.heads.iter().zip(examples.heads);
            for ((head, &(column, config)), sum) in heads.zip(&mut self.losses) {
                let label = rows.label(column)[row];
                let outputs = &mut outputs[head.first..][..head.outcome.n_outputs()];
                #[expect(clippy::cast_possible_truncation, reason = "factors of a loss")]
                let weight = row_weight * config.loss_weight as f32;
                if label.is_nan() || weight <= 0.0 {
                    outputs.fill(0.0);
                    continue;
                }
                let position = position(rows.position()[row], head.positions.len());
                let (loss, d_position) = match position {
                    Some(position) => {
                        let seen = Seen {
                            bias: config.position,
                            kept: weights[head.positions.start + position],
                            first: position == 0,
                        };
                        let (loss, slope) = seen.loss(head.outcome, outputs, label);
                        (loss, Some((position, slope)))
                    }
                    None => (head.outcome.loss(outputs, label), None),
                };
                *sum += f64::from(weight) * loss;
                for slope in outputs {
                    *slope *= weight * share;
                }
                if let Some((position, slope)) = d_position
                    && config.position != PositionBias::None
                    && let Some(to) = self.gradients.get_mut(head.positions.start + position)
                {
                    *to += slope * weight * share;
                }
            }
        }
        self.loss = self.losses.iter().sum();
    }

    /// Slopes of what candidates saw in sequences.
    fn look_back(&mut self, parameters: Parameters<'_>, examples: &Examples<'_>, places: &[u32]) {
        let shape = parameters.shape;
        let stride = shape.stride();
        self.touched.ids.clear();
        self.touched.slopes.clear();
        let features = examples.rows.features();
        let looking = Looking {
            layout: &shape.layout,
            tables: parameters.tables,
            weights: parameters.weights,
            back: parameters.back,
        };
        let d = shape.layout.embedding;
        let rows = self
            .pass
            .x
            .chunks_exact(stride)
            .zip(self.pass.dx.chunks_exact_mut(stride));
        for (&place, (x, dx)) in places.iter().zip(rows) {
            let request = examples.request_of[place as usize] as usize;
            for sequence in sequences(shape) {
                let ids = features.sequence(request, sequence.input.field);
                let to = (&mut self.gradients[..], &mut self.touched);
                self.attention
                    .backward(looking, sequence, ((ids, request), x, dx), to);
            }
            for input in &shape.layout.request.sequences {
                let ids = features.sequence(request, input.field);
                let share = share_of(ids);
                let start = shape.layout.tables[input.table].start;
                let slopes = &dx[input.column..][..d];
                for &id in known(ids) {
                    self.touched.ids.push(crate::check::row(start) + id);
                    let scaled = slopes.iter().map(|slope| share * slope);
                    self.touched.slopes.extend(scaled);
                }
            }
        }
    }
}

/// Asks memory for the numbers and ids of a row: rows of a batch are drawn from everywhere.
fn ask_row(rows: &FeatureRows<'_>, row: usize) {
    for line in rows.dense_of(row).chunks(LINE) {
        prefetch(line);
    }
    prefetch(rows.sparse_of(row));
}

/// The sequences that candidates look at.
fn sequences(shape: &Shape) -> impl Iterator<Item = Sequence<'_>> {
    let both = shape.attention.iter().zip(&shape.layout.row.sequences);
    both.enumerate()
        .map(|(at, (shape, input))| Sequence { at, shape, input })
}

impl Examples<'_> {
    pub(crate) fn inverse_propensity(&self, row: usize) -> f32 {
        if self.largest_inverse_propensity <= 0.0 {
            return 1.0;
        }
        let propensity = self.rows.propensity()[row];
        if propensity.is_nan() {
            return 1.0;
        }
        (1.0 / propensity).min(self.largest_inverse_propensity)
    }
}

/// The place of a position among those told apart.
fn position(found: u32, n: usize) -> Option<usize> {
    (found != NONE && n > 0).then(|| (found as usize).min(n - 1))
}
