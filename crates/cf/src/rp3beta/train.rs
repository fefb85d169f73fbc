//! Walks from every item to every user who touched it and on to his items.

use marquee_core::{Dataset, Row, SparseRows, SparseView};
use marquee_store::Artifact;

use super::{NAME, Rp3betaConfig};
use crate::{
    Error, Progress, Result, SparseItemModel, SparseItemView,
    check::{check_data, check_finite, narrow},
    product::RowSums,
    progress::Steps,
    sparse_items::{best, build_rows},
};

/// Trains the walk; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoInteractions`], [`Error::Weight`] for a weight that is not above
/// zero, [`Error::Stopped`] when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &Rp3betaConfig,
    progress: &mut Progress<'_>,
) -> Result<SparseItemModel> {
    config.validate()?;
    check_data(NAME, data)?;
    check_positive(data.by_item())?;
    let mut steps = Steps::new(NAME, 1, data.n_interactions(), progress);
    let by_target = walk(data, config);
    check_finite(NAME, 1, by_target.weights.as_deref().unwrap_or_default())?;
    let weights = by_target.view().transposed();
    steps.finish("walk", None)?;
    Ok(SparseItemModel {
        name: NAME,
        weights,
    })
}

/// Opens a model that [`train`] made.
///
/// Cost: one pass over the offsets and columns.
///
/// # Errors
///
/// [`Error::Store`] when `artifact` holds something else, and what says that its sections make no
/// matrix.
pub fn open(artifact: &Artifact) -> Result<SparseItemView<'_>> {
    SparseItemView::open(artifact, NAME)
}

/// Row `j`: where walks to `j` come from.
fn walk(data: &Dataset, config: &Rp3betaConfig) -> SparseRows {
    let item_totals: Vec<f64> = data.by_item().rows().map(total).collect();
    let user_totals: Vec<f64> = data.by_user().rows().map(total).collect();
    // p(j|u)^alpha by item j, and p(u|h)^alpha by user u.
    let last_step = shares(data.by_item(), &user_totals, config.alpha);
    let first_step = shares(data.by_user(), &item_totals, config.alpha);
    let n_items = data.n_items();
    build_rows(
        n_items,
        n_items,
        || RowSums::new(n_items),
        |sums, target, entries| {
            sums.clear();
            sums.add_product(last_step.view().row(target), first_step.view());
            let damping = item_totals[target].powf(-config.beta);
            let walks = sums
                .entries()
                .filter(|&(source, _)| source as usize != target)
                .map(|(source, sum)| (source, narrow(sum * damping)));
            entries.extend(best(walks, config.neighbors));
        },
    )
}

/// Each weight as a share of its column's total, to the power `alpha`.
fn shares(rows: SparseView<'_>, column_totals: &[f64], alpha: f64) -> SparseRows {
    let share = |row: Row<'_>, place: usize| {
        let total = column_totals[row.columns[place] as usize];
        narrow((f64::from(row.weight(place)) / total).powf(alpha))
    };
    let mut shares = rows.to_rows();
    let entries = rows.rows();
    let entries = entries.flat_map(|row| (0..row.len()).map(move |place| share(row, place)));
    shares.weights = Some(entries.collect());
    shares.times = None;
    shares
}

fn total(row: Row<'_>) -> f64 {
    (0..row.len()).map(|at| f64::from(row.weight(at))).sum()
}

fn check_positive(by_item: SparseView<'_>) -> Result<()> {
    for (item, row) in by_item.rows().enumerate() {
        let wrong = (0..row.len()).find(|&at| row.weight(at) <= 0.0);
        if let Some(at) = wrong {
            return Err(Error::Weight {
                model: NAME,
                item: u32::try_from(item).expect("rows fit 32 bits"),
                found: row.weight(at),
                expected: "a number above 0",
            });
        }
    }
    Ok(())
}
