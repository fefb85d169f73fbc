//! Counts pairs of places.

use marquee_core::{Dataset, SparseRows, SparseView};

use super::{NAME, TransitionsConfig, TransitionsModel};
use crate::{
    Progress, Result,
    check::{check_data, check_finite, narrow},
    product::RowSums,
    progress::Steps,
    sparse_items::{best, build_rows},
};

/// Trains on `data`, whose rows are read as sequences, oldest first; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Stopped`](crate::Error::Stopped) when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &TransitionsConfig,
    progress: &mut Progress<'_>,
) -> Result<TransitionsModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 2, data.n_interactions(), progress);
    let pairs = Pairs::new(data.by_user(), config);
    let (sources, targets) = pairs.sizes();
    steps.finish("sizes", None)?;
    let weights = pairs.weights(&sources, &targets);
    check_finite(NAME, 2, weights.weights.as_deref().unwrap_or_default())?;
    steps.finish("weights", None)?;
    Ok(TransitionsModel {
        weights,
        position_decay: config.position_decay,
    })
}

/// The pairs of places of all sequences, by the item of the first.
struct Pairs<'a> {
    sequences: SparseView<'a>,
    config: &'a TransitionsConfig,
    /// What a pair counts at each distance from 1 on.
    decays: Vec<f64>,
    /// Entries of the sequences by item: those of item `i` are `places[starts[i]..starts[i + 1]]`.
    places: Vec<usize>,
    starts: Vec<usize>,
}

impl<'a> Pairs<'a> {
    fn new(sequences: SparseView<'a>, config: &'a TransitionsConfig) -> Self {
        let mut starts = vec![0_usize; sequences.n_columns() + 1];
        for &item in sequences.columns() {
            starts[item as usize + 1] += 1;
        }
        for item in 0..sequences.n_columns() {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let mut places = vec![0; sequences.n_entries()];
        for (place, &item) in sequences.columns().iter().enumerate() {
            places[next[item as usize]] = place;
            next[item as usize] += 1;
        }
        let longest = sequences.rows().map(|row| row.len()).max().unwrap_or(0);
        let reach = config.window.min(longest);
        let decays = std::iter::successors(Some(1.0), |decay| Some(decay * config.decay));
        Self {
            sequences,
            config,
            decays: decays.take(reach).collect(),
            places,
            starts,
        }
    }

    /// Adds the pairs of item `item` to `sums`.
    fn add(&self, item: usize, sums: &mut RowSums) {
        let columns = self.sequences.columns();
        let offsets = self.sequences.offsets();
        for &place in &self.places[self.starts[item]..self.starts[item + 1]] {
            let after = offsets.partition_point(|&offset| offset <= place as u64);
            let end = usize::try_from(offsets[after]).expect("an offset is a place in memory");
            let start =
                usize::try_from(offsets[after - 1]).expect("an offset is a place in memory");
            for (&decay, &other) in self.decays.iter().zip(&columns[place + 1..end]) {
                sums.add(other, decay);
            }
            if self.config.backward > 0.0 {
                let before = columns[start..place].iter().rev();
                for (&decay, &other) in self.decays.iter().zip(before) {
                    sums.add(other, self.config.backward * decay);
                }
            }
        }
    }

    /// The sums of all rows and of all columns.
    fn sizes(&self) -> (Vec<f64>, Vec<f64>) {
        let n_items = self.sequences.n_columns();
        let (mut sources, mut targets) = (vec![0.0; n_items], vec![0.0; n_items]);
        let mut sums = RowSums::new(n_items);
        for (item, source) in sources.iter_mut().enumerate() {
            sums.clear();
            self.add(item, &mut sums);
            for (other, count) in sums.entries() {
                *source += count;
                targets[other as usize] += count;
            }
        }
        (sources, targets)
    }

    fn weights(&self, sources: &[f64], targets: &[f64]) -> SparseRows {
        let n_items = self.sequences.n_columns();
        let power = |sizes: &[f64], exponent: f64| -> Vec<f64> {
            sizes.iter().map(|size| size.powf(-exponent)).collect()
        };
        let sources = power(sources, self.config.source_power);
        let targets = power(targets, self.config.target_power);
        build_rows(
            n_items,
            n_items,
            || RowSums::new(n_items),
            |sums, item, entries| {
                sums.clear();
                self.add(item, sums);
                let weights = sums.entries().map(|(other, count)| {
                    let size = sources[item] * targets[other as usize];
                    (other, narrow(count * size))
                });
                let weights = weights.filter(|&(_, weight)| weight > 0.0);
                entries.extend(best(weights, self.config.neighbors));
            },
        )
    }
}
