//! What the protocols of known users have in common: every entry of every user goes to one part.

use marquee_core::{Dataset, Row, UserIdx};

use crate::{
    Error, Fold, Result,
    fold::{Cases, Histories},
    subset::RowsWriter,
};

/// Where one interaction goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Validation,
    Test,
}

/// What a protocol of known users says besides where entries go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Name of the protocol.
    pub(super) name: &'static str,
    /// A case needs that many items in its history.
    pub(super) min_history: usize,
    /// Whether any entry may go to validation.
    pub(super) validates: bool,
}

/// Builds the fold in which `assign(user, row, parts)` says where each entry of a row goes; `parts`
/// comes filled with [`Part::Train`].
///
/// Training keeps every user's row, empty if need be. The history of a validation case is the
/// training part; that of a test case also has the validation part, in the order of the row.
pub(super) fn split(
    data: &Dataset,
    rule: Rule,
    mut assign: impl FnMut(UserIdx, Row<'_>, &mut [Part]),
) -> Result<Fold> {
    let by_user = data.by_user();
    let mut train = RowsWriter::like(by_user);
    let mut longer = RowsWriter::like(by_user);
    let mut validation = Collected::like(data);
    let mut test = Collected::like(data);
    let mut parts = Vec::new();
    for (user, row) in by_user.rows().enumerate() {
        let user = UserIdx::from_usize(user);
        parts.clear();
        parts.resize(row.len(), Part::Train);
        assign(user, row, &mut parts);
        let of = |wanted| places(&parts, move |part| part == wanted);
        train.push(row, of(Part::Train));
        if of(Part::Train).count() >= rule.min_history {
            validation.push(user, row, of(Part::Validation));
        }
        let known = places(&parts, |part| part != Part::Test);
        if known.clone().count() >= rule.min_history
            && test.push(user, row, of(Part::Test))
            && rule.validates
        {
            longer.push(row, known);
        }
    }
    if test.users.is_empty() {
        return Err(Error::NoCases {
            protocol: rule.name,
        });
    }
    let histories = if rule.validates {
        Histories::Longer(longer.finish())
    } else {
        Histories::Training
    };
    Ok(Fold {
        train: Dataset::from_rows(train.finish()),
        validation: validation.finish(Histories::Training),
        test: test.finish(histories),
    })
}

/// Cases under construction.
struct Collected {
    users: Vec<UserIdx>,
    relevant: RowsWriter,
}

impl Collected {
    fn like(data: &Dataset) -> Self {
        Self {
            users: Vec::new(),
            relevant: RowsWriter::like(data.by_user()),
        }
    }

    /// Adds a case if there is anything to find, and tells whether there was.
    fn push(&mut self, user: UserIdx, row: Row<'_>, to_find: impl Iterator<Item = usize>) -> bool {
        let mut to_find = to_find.peekable();
        let any = to_find.peek().is_some();
        if any {
            self.users.push(user);
            self.relevant.push(row, to_find);
        }
        any
    }

    fn finish(self, histories: Histories) -> Cases {
        Cases {
            users: self.users,
            histories,
            relevant: self.relevant.finish(),
        }
    }
}

fn places(
    parts: &[Part],
    wanted: impl Fn(Part) -> bool + Clone,
) -> impl Iterator<Item = usize> + Clone {
    let all = parts.iter().enumerate();
    all.filter(move |(_, part)| wanted(**part))
        .map(|(place, _)| place)
}
