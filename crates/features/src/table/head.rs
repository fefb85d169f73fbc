//! What a model predicts of a row.

use std::fmt;

use crate::TableFault;

/// One outcome of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Head {
    /// Its page or full post was opened; 0 or 1.
    Open,
    /// Share of its length that was watched, in `[0, 1]`.
    WatchFraction,
    /// It was watched to the end; 0 or 1.
    Finish,
    /// It was liked; 0 or 1.
    Like,
    /// It was commented on; 0 or 1.
    Comment,
    /// It was passed on; 0 or 1.
    Share,
    /// It was put on a list for later; 0 or 1.
    Save,
    /// It was hidden; 0 or 1.
    Hide,
    /// It was reported; 0 or 1.
    Report,
    /// Anything else; any finite number.
    Custom(String),
}

impl Head {
    /// Every head but the custom ones, in the order in which they are declared.
    pub const STANDARD: [Self; 9] = [
        Self::Open,
        Self::WatchFraction,
        Self::Finish,
        Self::Like,
        Self::Comment,
        Self::Share,
        Self::Save,
        Self::Hide,
        Self::Report,
    ];

    /// The head of this name: `watch_fraction`, `custom:shares_per_view`.
    ///
    /// # Errors
    ///
    /// [`TableFault::Head`] when there is none.
    pub fn from_name(name: &str) -> Result<Self, TableFault> {
        let custom = name.strip_prefix("custom:").filter(|rest| !rest.is_empty());
        if let Some(rest) = custom {
            return Ok(Self::Custom(rest.to_owned()));
        }
        let mut standard = Self::STANDARD.into_iter();
        let found = standard.find(|head| head.word() == name);
        found.ok_or_else(|| TableFault::Head { name: name.into() })
    }

    /// Whether its values are probabilities or outcomes in `[0, 1]`.
    pub const fn is_share(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }

    fn word(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::WatchFraction => "watch_fraction",
            Self::Finish => "finish",
            Self::Like => "like",
            Self::Comment => "comment",
            Self::Share => "share",
            Self::Save => "save",
            Self::Hide => "hide",
            Self::Report => "report",
            Self::Custom(name) => name,
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Custom(name) = self {
            return write!(f, "custom:{name}");
        }
        f.write_str(self.word())
    }
}
