//! Parts of embeddings that belong to one head each: who reads them, and who changes them.

use std::ops::Range;

use marquee_features::TrainingRows;
use marquee_math::AFFINE_BLOCK;

use super::{HeadConfig, Sharing, linear::Linear, shape::Shape};

/// The head whose part the number at `number` of an embedding is.
pub(super) fn owner(shape: &Shape, number: usize) -> usize {
    number * shape.heads.len() / shape.layout.embedding
}

/// The layers that read numbers of embeddings one by one, each with its inputs that are such, and which number of
/// an embedding they are.
pub(super) fn readers(shape: &Shape) -> Vec<(&Linear, Vec<(usize, usize)>)> {
    let d = shape.layout.embedding;
    let mut readers = Vec::new();
    if shape.cross.is_empty() {
        let columns = shape.layout.embeddings().into_iter();
        let inputs = columns.flat_map(|column| (0..d).map(move |number| (column + number, number)));
        readers.push((&shape.direct, inputs.collect()));
    }
    if let Some(pairs) = &shape.pairs {
        let inputs = (0..pairs.out.inputs).map(|input| (input, input % d));
        readers.push((&pairs.out, inputs.collect()));
    }
    readers
}

/// What is kept from learning where heads are in an order ([`Sharing::Ordered`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Kept {
    /// Weights through which a head would read the part of a rarer one.
    unread: Vec<Range<usize>>,
    /// Weights on the way back through which a head would change the part of another one.
    unchanged: Vec<usize>,
}

impl Kept {
    /// What is kept from learning by the frequency of outcomes among `rows`; nothing unless heads are in an order.
    pub(crate) fn new(
        shape: &Shape,
        sharing: Sharing,
        rows: &TrainingRows<'_>,
        heads: &[(usize, HeadConfig)],
    ) -> Self {
        let mut kept = Self::default();
        if sharing != Sharing::Ordered {
            return kept;
        }
        let ranks = ranks(rows, heads);
        for (layer, inputs) in readers(shape) {
            let stride = layer.inputs.next_multiple_of(AFFINE_BLOCK);
            for (input, number) in inputs {
                let owner = owner(shape, number);
                for (at, head) in shape.heads.iter().enumerate() {
                    if at == owner {
                        continue;
                    }
                    let outputs = head.first..head.first + head.outcome.n_outputs();
                    let back = |output| layer.back.start + output * stride + input;
                    kept.unchanged.extend(outputs.clone().map(back));
                    if ranks[at] < ranks[owner] {
                        let row = layer.weights.start + input * layer.padded();
                        kept.unread.push(row + outputs.start..row + outputs.end);
                    }
                }
            }
        }
        kept
    }

    /// Leaves weights that are not read as they are.
    pub(crate) fn of_slopes(&self, slopes: &mut [f32]) {
        for range in &self.unread {
            slopes[range.clone()].fill(0.0);
        }
    }

    /// Lets no slopes through to another head's part.
    pub(crate) fn of_way_back(&self, back: &mut [f32]) {
        for &at in &self.unchanged {
            back[at] = 0.0;
        }
    }
}

/// Standard errors by which a correlation has to be below zero.
const SURELY: f64 = 4.0;

/// The heads that happen the less the more the most frequent one does, beyond chance.
pub(super) fn opposed(rows: &TrainingRows<'_>, heads: &[(usize, HeadConfig)]) -> Vec<usize> {
    let ranks = ranks(rows, heads);
    let Some(first) = ranks.iter().position(|&rank| rank == 0) else {
        return Vec::new();
    };
    let frequent = rows.label(heads[first].0);
    let against = |&at: &usize| correlation(frequent, rows.label(heads[at].0)) < -SURELY;
    (0..heads.len()).filter(against).collect()
}

/// The correlation of labels where both are known, in standard errors; 0 where one of them never changes.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let known = a.iter().zip(b).filter(|(a, b)| !(a.is_nan() || b.is_nan()));
    let known = known.map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let n = known.clone().count() as f64;
    let (sum_a, sum_b) = known
        .clone()
        .fold((0.0, 0.0), |(x, y), (a, b)| (x + a, y + b));
    let (mean_a, mean_b) = (sum_a / n.max(1.0), sum_b / n.max(1.0));
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in known {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    if of_a <= 0.0 || of_b <= 0.0 {
        return 0.0;
    }
    both / (of_a * of_b).sqrt() * n.sqrt()
}

/// The place of each head by how much of it happened, the most frequent first; equally frequent ones as they stand.
fn ranks(rows: &TrainingRows<'_>, heads: &[(usize, HeadConfig)]) -> Vec<usize> {
    let happened = heads.iter().map(|&(column, _)| {
        let labels = rows.label(column).iter();
        let known = labels.filter(|label| !label.is_nan());
        known
            .map(|&label| f64::from(label.clamp(0.0, 1.0)))
            .sum::<f64>()
    });
    let happened: Vec<f64> = happened.collect();
    let mut order: Vec<usize> = (0..heads.len()).collect();
    order.sort_by(|&a, &b| happened[b].total_cmp(&happened[a]));
    let mut ranks = vec![0; heads.len()];
    for (rank, head) in order.into_iter().enumerate() {
        ranks[head] = rank;
    }
    ranks
}
