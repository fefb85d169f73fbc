//! Next item of a session: what comes after the first events of sessions that training never saw.

use marquee_core::{Dataset, UserIdx};

use super::shape_error;
use crate::{
    Error, Fold, Result,
    fold::{Cases, Histories},
    subset::RowsWriter,
};

const NAME: &str = "next-item";

/// Which events of a session are to be found.
///
/// Reads from text as `every` or `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextItem {
    /// Each but the first, from those before it: a session of `n` events makes `n - 1` cases.
    Every,
    /// Only the last, from all before it: for files that list the beginnings of sessions themselves.
    Last,
}

impl std::str::FromStr for NextItem {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "every" => Ok(Self::Every),
            "last" => Ok(Self::Last),
            _ => Err(Error::ProtocolValue {
                protocol: NAME,
                setting: "next-item",
                found: text.to_owned(),
                expected: "every or last",
            }),
        }
    }
}

/// The fold of sessions that training never saw: each case is the beginning of a row of `sessions`, and
/// the one item that came next (the protocol of Ludewig & Jannach 2018, without their sampling).
///
/// All items are ranked, those of the session among them, since people do come back to what they
/// looked at. `sessions` may have more items than `train`: they are left out of what is known, and
/// stay to be found where they come next, out of reach. Both may hold sequences with repeats
/// ([`Dataset::from_sequences`]).
///
/// Cost: memory of all beginnings, so of half the square of a session's length where every event is to
/// be found.
///
/// # Errors
///
/// [`Error::Shape`] when `sessions` has fewer items than `train`, [`Error::NoCases`] when no session has
/// two events.
pub fn next_item_fold(train: Dataset, sessions: &Dataset, which: NextItem) -> Result<Fold> {
    let n_items = train.n_items();
    if sessions.n_items() < n_items {
        let expected = (sessions.n_users(), n_items);
        return Err(shape_error("sessions", sessions, expected));
    }
    let by_user = sessions.by_user();
    let mut histories = RowsWriter::like(by_user);
    let mut relevant = RowsWriter::like(by_user);
    let mut users = Vec::new();
    for (user, row) in by_user.rows().enumerate() {
        let last = row.len().saturating_sub(1);
        let first = match which {
            NextItem::Every => 1,
            NextItem::Last => last.max(1),
        };
        for next in first..=last {
            let known = (0..next).filter(|&place| (row.columns[place] as usize) < n_items);
            histories.push(row, known);
            relevant.push(row, next..=next);
            users.push(UserIdx::from_usize(user));
        }
    }
    if users.is_empty() {
        return Err(Error::NoCases { protocol: NAME });
    }
    let mut histories = histories.finish();
    histories.n_columns = n_items;
    Ok(Fold {
        validation: Cases::none(n_items),
        test: Cases {
            users,
            histories: Histories::Sessions(histories),
            relevant: relevant.finish(),
        },
        train,
    })
}

#[cfg(test)]
mod tests;
