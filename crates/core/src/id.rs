//! Names of things: ids that come from outside, and the dense rows that stand for them inside.
//!
//! An id is any UTF-8 text of 1 to [`MAX_ID_BYTES`] bytes and is compared byte by byte. A row
//! ([`ItemIdx`], [`UserIdx`]) is a position in one vocabulary and means nothing without it.

use std::{borrow::Borrow, fmt, sync::Arc};

/// The longest id that is accepted, in bytes of UTF-8.
pub const MAX_ID_BYTES: usize = 256;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text has no bytes.
    #[error("an id has 1 to {MAX_ID_BYTES} bytes, found none")]
    Empty,
    /// The text has more than [`MAX_ID_BYTES`] bytes.
    #[error("an id has 1 to {MAX_ID_BYTES} bytes, found {bytes}")]
    TooLong {
        /// Length of the text that was refused.
        bytes: usize,
    },
}

/// Checks that `text` may be an id.
///
/// # Errors
///
/// [`IdError`] when it is empty or longer than [`MAX_ID_BYTES`].
pub fn check_id(text: &str) -> Result<(), IdError> {
    match text.len() {
        0 => Err(IdError::Empty),
        1..=MAX_ID_BYTES => Ok(()),
        bytes => Err(IdError::TooLong { bytes }),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Makes an id of `text`.
            ///
            /// # Errors
            ///
            /// [`IdError`] when `text` is empty or longer than [`MAX_ID_BYTES`].
            pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
                let text = text.as_ref();
                check_id(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

text_id! {
    /// What algorithms rank: a title, a post, a clip.
    ItemId
}
text_id! {
    /// A person, or a profile of one.
    UserId
}
text_id! {
    /// Who made an item: a studio, a channel, an account that posts.
    CreatorId
}
text_id! {
    /// One image that may stand for an item.
    ArtworkId
}
text_id! {
    /// One event; two events with the same id are the same event.
    EventId
}
text_id! {
    /// One visit of an app, signed in or not.
    SessionId
}
text_id! {
    /// One answer of the service, so that later events can name it.
    RecommendationId
}

macro_rules! row {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The row of position `index`.
            ///
            /// # Panics
            ///
            /// When `index` does not fit 32 bits: a vocabulary never grows that far.
            #[inline]
            pub fn from_usize(index: usize) -> Self {
                Self(u32::try_from(index).expect("rows fit 32 bits"))
            }

            /// The row as a position in a slice.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

row! {
    /// Dense row of an item in one [`Vocabulary`](crate::Vocabulary).
    ItemIdx
}
row! {
    /// Dense row of a user in one [`Vocabulary`](crate::Vocabulary).
    UserIdx
}

#[cfg(test)]
mod tests;
