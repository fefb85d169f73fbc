//! How good a network is on a table that it was not trained on.

use marquee_features::TrainingRows;
use rayon::prelude::*;

use super::{
    HeadConfig, Judge,
    chunk::{Chunk, Examples, Parameters},
    dropout::Dropout,
    outcome::{Outcome, between},
    shape::Shape,
    train::CHUNK,
};
use crate::check::row;

/// How good the network is on a table, higher is better.
pub(super) fn judge(parameters: Parameters<'_>, examples: &Examples<'_>, by: Judge) -> f64 {
    let n_rows = examples.rows.features().n_rows();
    let places: Vec<u32> = (0..row(n_rows)).collect();
    let shape = parameters.shape;
    let parts: Vec<(Vec<f64>, Vec<f32>)> = places
        .par_chunks(CHUNK)
        .map_init(Chunk::default, |chunk, places| {
            let features = examples.rows.features();
            let request = |place: u32| examples.request_of[place as usize] as usize;
            chunk.fill(parameters, &features, (places, 0), request);
            let mut dropout = Dropout::none();
            chunk
                .pass
                .forward(shape, parameters.forth(), 0, &mut dropout);
            let outputs = chunk.pass.outputs.clone();
            chunk.judge(parameters, examples, places, 1.0);
            (chunk.losses.clone(), outputs)
        })
        .collect();
    let loss = |head: usize| parts.iter().map(|part| part.0[head]).sum::<f64>();
    let heads = 0..shape.heads.len();
    match by {
        Judge::Loss => -heads.map(loss).sum::<f64>() / n_rows.max(1) as f64,
        Judge::Relative => {
            let constant = |head: usize| constant_loss(shape.heads[head].outcome, examples, head);
            let told = heads.map(|head| (loss(head), constant(head)));
            let told = told.filter(|&(_, constant)| constant > 0.0);
            let shares: Vec<f64> = told.map(|(loss, constant)| loss / constant).collect();
            -shares.iter().sum::<f64>() / shares.len().max(1) as f64
        }
        Judge::Auc => {
            let outputs: Vec<f32> = parts.iter().flat_map(|part| &part.1).copied().collect();
            mean_auc(shape, examples, &outputs)
        }
    }
}

/// What the best answer that is the same for all rows would lose.
fn constant_loss(outcome: Outcome, examples: &Examples<'_>, head: usize) -> f64 {
    let (column, config) = examples.heads[head];
    let rows: TrainingRows<'_> = examples.rows;
    let labels = rows.label(column).iter().zip(rows.weight()).enumerate();
    let known = labels.filter(|(_, (label, _))| !label.is_nan());
    let known = known.map(|(row, (&label, &weight))| {
        let weight = f64::from(weight * examples.inverse_propensity(row));
        (label, weight * config.loss_weight)
    });
    let total: f64 = known.clone().map(|(_, weight)| weight).sum();
    let mean = known
        .clone()
        .map(|(label, weight)| weight * f64::from(label));
    let mean = mean.sum::<f64>() / total;
    let shares = match outcome {
        Outcome::Number => {
            let squares = known.map(|(label, weight)| weight * (f64::from(label) - mean).powi(2));
            return 0.5 * squares.sum::<f64>();
        }
        Outcome::Chance => vec![mean, 1.0 - mean],
        Outcome::Share(bins) => {
            let mut shares = vec![0.0; bins];
            for (label, weight) in known {
                let (below, above) = between(label, bins);
                let above = f64::from(above);
                shares[below] += weight * (1.0 - above) / total;
                shares[below + 1] += weight * above / total;
            }
            shares
        }
    };
    let told = shares.into_iter().filter(|&share| share > 0.0);
    -total * told.map(|share| share * share.ln()).sum::<f64>()
}

/// The mean over heads of outcomes of the area under the curve; 0.5 where there are none.
fn mean_auc(shape: &Shape, examples: &Examples<'_>, outputs: &[f32]) -> f64 {
    let padded = shape.direct.padded();
    let heads = shape.heads.iter().zip(examples.heads);
    let areas: Vec<f64> = heads
        .filter(|(head, _)| head.outcome == Outcome::Chance)
        .filter_map(|(head, &(column, _)): (_, &(usize, HeadConfig))| {
            let labels = examples.rows.label(column);
            let rows = outputs.chunks_exact(padded).zip(labels);
            let known = rows.filter(|(_, label)| !label.is_nan());
            let (scores, labels): (Vec<f32>, Vec<bool>) = known
                .map(|(outputs, &label)| (outputs[head.first], label > 0.5))
                .unzip();
            marquee_eval::auc(&scores, &labels)
        })
        .collect();
    if areas.is_empty() {
        return 0.5;
    }
    areas.iter().sum::<f64>() / areas.len() as f64
}

#[cfg(test)]
mod tests;
