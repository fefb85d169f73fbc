//! The fields that an expression may name, and what each of them holds.

/// What a field holds, and so which tests it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One text or none.
    Text,
    /// Any number of texts; a test holds if it does for one of them.
    Texts,
    /// One of the kinds of items.
    Kind,
    /// A whole number or none.
    Number,
    /// A length of time or none.
    Duration,
    /// A moment or none.
    Time,
    /// A statement that holds or does not.
    Flag,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $ty:ident,)+) => {
        /// A field of a catalog record or of the viewer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Field {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Field {
            /// All of them, those of items first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in expressions.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it holds.
            pub fn ty(self) -> Type {
                match self {
                    $(Self::$variant => Type::$ty,)+
                }
            }
        }
    };
}

fields! {
    /// Whether the item may be shown at the moment of the request.
    Available "available" Flag,
    /// Who made the item: ids of creators.
    Creator "creator" Texts,
    /// How long the item plays, to the millisecond.
    Duration "duration" Duration,
    /// The item's place in its series, from 1.
    Episode "episode" Number,
    /// The item's genres.
    Genre "genre" Texts,
    /// The item's id.
    Id "id" Text,
    /// What sort of thing the item is.
    Kind "kind" Kind,
    /// The tag of the item's main language, compared without regard to case.
    Language "language" Text,
    /// Youngest age the item is meant for, in years.
    MinimumAge "minimum_age" Number,
    /// When the item came out.
    Released "released" Time,
    /// The id of the series that the item belongs to.
    Series "series" Text,
    /// The item's tags.
    Tag "tag" Texts,
    /// The item's title; an empty one is missing.
    Title "title" Text,
    /// The viewer's age in years.
    ViewerAge "viewer.age" Number,
    /// The viewer's country or region.
    ViewerCountry "viewer.country" Text,
    /// The viewer's gender, in the app's words.
    ViewerGender "viewer.gender" Text,
    /// When the viewer joined.
    ViewerJoined "viewer.joined" Time,
    /// The tag of the viewer's language, compared without regard to case.
    ViewerLanguage "viewer.language" Text,
    /// The viewer's occupation, in the app's words.
    ViewerOccupation "viewer.occupation" Text,
}

impl Field {
    /// The field called `name`, byte by byte.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }

    /// Whether it says something of the viewer and not of an item.
    pub fn is_of_viewer(self) -> bool {
        self.name().starts_with("viewer.")
    }

    /// Whether equality looks past the difference of upper and lower case.
    pub(crate) fn ignores_case(self) -> bool {
        matches!(self, Self::Language | Self::ViewerLanguage)
    }
}

/// The one of `names` that is nearest to what somebody wrote, if any is near: at most a third of its
/// letters inserted, left out, replaced or swapped with a neighbor.
pub(crate) fn nearest<'n>(
    written: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    /// Longer words are not compared.
    const LONGEST: usize = 40;
    let written: Vec<char> = written.chars().take(LONGEST + 1).collect();
    if written.len() > LONGEST {
        return None;
    }
    let lower: Vec<char> = written.iter().map(char::to_ascii_lowercase).collect();
    let measured = names.into_iter().map(|name| {
        let letters: Vec<char> = name.chars().collect();
        (edits(&lower, &letters), letters.len(), name)
    });
    let near = measured.filter(|&(edits, length, _)| edits <= (length / 3).max(1));
    near.min_by_key(|&(edits, _, _)| edits)
        .map(|(_, _, name)| name)
}

/// Smallest number of single letters to insert, delete or replace, and neighbors to swap, that turns
/// one word into the other (Damerau 1964; no letter is touched twice).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &letter) in from.iter().enumerate() {
        let mut next = vec![row + 1; to.len() + 1];
        for (column, &wanted) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != wanted);
            next[column + 1] = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            let swapped =
                row > 0 && column > 0 && letter == to[column - 1] && from[row - 1] == wanted;
            if swapped {
                next[column + 1] = next[column + 1].min(before_last[column - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_found_again() {
        for &field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(field));
        }
    }

    #[test]
    fn edits_are_counted_as_worked_by_hand() {
        let count = |from: &str, to: &str| {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            edits(&letters(from), &letters(to))
        };
        assert_eq!(count("genre", "genre"), 0);
        assert_eq!(count("genres", "genre"), 1);
        assert_eq!(
            count("gerne", "genre"),
            1,
            "a swap of neighbors is one edit"
        );
        assert_eq!(count("", "tag"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let names = || Field::ALL.iter().map(|field| field.name());
        assert_eq!(nearest("genres", names()), Some("genre"));
        assert_eq!(nearest("Title", names()), Some("title"));
        assert_eq!(nearest("viewer.langauge", names()), Some("viewer.language"));
        assert_eq!(nearest("budget", names()), None);
        assert_eq!(nearest(&"x".repeat(10_000), names()), None);
    }
}
