//! Leaving out users and items with too few interactions.

use marquee_core::{Dataset, SparseRows, Vocabulary};

use super::{Loaded, Selection, fold::Folded};
use crate::Result;

/// In a renumbering, a row that is left out.
const OUT: u32 = u32::MAX;

/// Applies the least numbers of interactions until both hold, and renumbers what is left in its old
/// order.
pub(super) fn prune(
    folded: Folded,
    users: Vocabulary,
    items: Vocabulary,
    selection: &Selection,
) -> Result<Loaded> {
    let Folded { rows, opposed } = folded;
    let (keep_user, keep_item) = kept(&rows, selection);
    if keep_user.iter().chain(&keep_item).all(|&keep| keep) {
        return Ok(Loaded {
            dataset: Dataset::from_rows(lean(rows)),
            users,
            items,
            opposed,
            selection: selection.clone(),
            journal_seq: 0,
        });
    }
    let (item_rows, items) = renumbered(&keep_item, &items)?;
    let (_, users) = renumbered(&keep_user, &users)?;
    let cut = |rows: &SparseRows| cut(rows, &keep_user, &item_rows, items.len());
    let (rows, opposed) = (cut(&rows), cut(&opposed));
    Ok(Loaded {
        dataset: Dataset::from_rows(lean(rows)),
        users,
        items,
        opposed,
        selection: selection.clone(),
        journal_seq: 0,
    })
}

/// The rows of the kept users, over the `n_items` kept items under their new numbers.
fn cut(rows: &SparseRows, keep_user: &[bool], item_rows: &[u32], n_items: usize) -> SparseRows {
    let mut left = SparseRows {
        n_columns: n_items,
        offsets: vec![0],
        columns: Vec::new(),
        weights: rows.weights.as_ref().map(|_| Vec::new()),
        times: rows.times.as_ref().map(|_| Vec::new()),
    };
    let view = rows.view();
    for (row, _) in view.rows().zip(keep_user).filter(|(_, keep)| **keep) {
        for (place, &item) in row.columns.iter().enumerate() {
            if item_rows[item as usize] == OUT {
                continue;
            }
            left.columns.push(item_rows[item as usize]);
            if let Some(weights) = &mut left.weights {
                weights.push(row.weight(place));
            }
            if let Some(times) = &mut left.times {
                times.push(row.time(place).as_millis());
            }
        }
        left.offsets.push(left.columns.len() as u64);
    }
    left
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
