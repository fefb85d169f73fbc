//! Which users a protocol is about.

use marquee_core::{Dataset, UserIdx};

use crate::subset::RowsWriter;

/// The users of `data` with at least `n` items, closed up, and the row each one had.
///
/// Published protocols leave out users with too few items to both know and test them, mostly under
/// five. Items stay as they are, also those that lose all their users. Cost: one pass.
pub fn users_with_at_least(data: &Dataset, n: usize) -> (Dataset, Vec<UserIdx>) {
    let by_user = data.by_user();
    let mut rows = RowsWriter::like(by_user);
    let mut kept = Vec::new();
    for (user, row) in by_user.rows().enumerate() {
        if row.len() >= n {
            rows.push(row, 0..row.len());
            kept.push(UserIdx::from_usize(user));
        }
    }
    (Dataset::from_rows(rows.finish()), kept)
}

#[cfg(test)]
mod tests {
    use marquee_core::{Interaction, ItemIdx, Repeats, Timestamp};

    use super::*;

    #[test]
    fn users_with_too_few_items_go_and_the_others_keep_weights_and_times() {
        let one = |user, item, rating, seconds| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: rating,
            time: Timestamp::from_seconds(seconds),
        };
        let all = [
            one(0, 0, 5.0, 1),
            one(2, 1, 4.0, 3),
            one(2, 0, 2.0, 2),
            one(3, 1, 3.0, 4),
        ];
        let data = Dataset::from_interactions(4, 3, &all, Repeats::KeepLast).unwrap();
        let (kept, rows) = users_with_at_least(&data, 2);
        assert_eq!(rows, [UserIdx(2)]);
        assert_eq!((kept.n_users(), kept.n_items()), (1, 3));
        let row = kept.by_user().row(0);
        assert_eq!(row.columns, [0, 1]);
        assert_eq!((row.weight(0), row.weight(1)), (2.0, 4.0));
        assert_eq!(row.time(1), Timestamp::from_seconds(3));
    }
}
