//! Leaving out users and items with too few interactions.

use marquee_core::{Dataset, SparseRows, Vocabulary};

use super::{Loaded, Selection};
use crate::Result;

/// In a renumbering, a row that is left out.
const OUT: u32 = u32::MAX;

/// Applies the least numbers of interactions until both hold, and renumbers what is left in its old
/// order.
pub(super) fn prune(
    rows: SparseRows,
    users: Vocabulary,
    items: Vocabulary,
    selection: &Selection,
) -> Result<Loaded> {
    let (keep_user, keep_item) = kept(&rows, selection);
    if keep_user.iter().chain(&keep_item).all(|&keep| keep) {
        return Ok(Loaded {
            dataset: Dataset::from_rows(lean(rows)),
            users,
            items,
        });
    }
    let (item_rows, items) = renumbered(&keep_item, &items)?;
    let (_, users) = renumbered(&keep_user, &users)?;
    let view = rows.view();
    let mut offsets = Vec::with_capacity(users.len() + 1);
    offsets.push(0);
    let (mut columns, mut weights, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (row, _) in view.rows().zip(&keep_user).filter(|(_, keep)| **keep) {
        for (place, &item) in row.columns.iter().enumerate() {
            if item_rows[item as usize] != OUT {
                columns.push(item_rows[item as usize]);
                weights.push(row.weight(place));
                times.push(row.time(place).as_millis());
            }
        }
        offsets.push(columns.len() as u64);
    }
    let dataset = Dataset::from_rows(lean(SparseRows {
        n_columns: items.len(),
        offsets,
        columns,
        weights: Some(weights),
        times: Some(times),
    }));
    Ok(Loaded {
        dataset,
        users,
        items,
    })
}

/// Leaves out weights that are all one and times that are all unknown.
pub(crate) fn lean(mut rows: SparseRows) -> SparseRows {
    #[expect(
        clippy::float_cmp,
        reason = "only weights that are exactly one may be left out"
    )]
    let is_one = |weight: &f32| *weight == 1.0;
    rows.weights = rows.weights.filter(|weights| !weights.iter().all(is_one));
    rows.times = rows
        .times
        .filter(|times| times.iter().any(|&time| time != 0));
    rows
}

/// Which users and which items stay.
fn kept(rows: &SparseRows, selection: &Selection) -> (Vec<bool>, Vec<bool>) {
    let view = rows.view();
    let (least_user, least_item) = (selection.min_per_user.max(1), selection.min_per_item.max(1));
    let mut keep_user = vec![true; view.n_rows()];
    let mut keep_item = vec![true; view.n_columns()];
    loop {
        let mut of_item = vec![0_usize; view.n_columns()];
        let mut changed = false;
        for (user, row) in view.rows().enumerate() {
            if !keep_user[user] {
                continue;
            }
            let mine = row.columns.iter().filter(|&&item| keep_item[item as usize]);
            if mine.clone().count() < least_user {
                keep_user[user] = false;
                changed = true;
                continue;
            }
            mine.for_each(|&item| of_item[item as usize] += 1);
        }
        for (keep, &count) in keep_item.iter_mut().zip(&of_item) {
            if *keep && count < least_item {
                *keep = false;
                changed = true;
            }
        }
        if !changed {
            return (keep_user, keep_item);
        }
    }
}

/// New row of each old one, and the ids of the new ones.
fn renumbered(keep: &[bool], ids: &Vocabulary) -> Result<(Vec<u32>, Vocabulary)> {
    let mut rows = Vec::with_capacity(keep.len());
    let mut kept = Vocabulary::default();
    for (id, &keep) in ids.ids().zip(keep) {
        rows.push(if keep { kept.insert(id)? } else { OUT });
    }
    Ok((rows, kept))
}
