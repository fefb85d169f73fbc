//! What an expression may know of the viewer.

use marquee_core::{Timestamp, User};

use crate::Field;

/// The viewer's fields. What is not known is missing, and the default knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ViewerFields<'v> {
    /// Age in years.
    pub age: Option<u8>,
    /// Country or region.
    pub country: Option<&'v str>,
    /// Gender, in the app's words.
    pub gender: Option<&'v str>,
    /// When they joined.
    pub joined: Option<Timestamp>,
    /// Tag of their language.
    pub language: Option<&'v str>,
    /// Occupation, in the app's words.
    pub occupation: Option<&'v str>,
}

impl<'v> From<&'v User> for ViewerFields<'v> {
    fn from(user: &'v User) -> Self {
        Self {
            age: user.age,
            country: user.country.as_deref(),
            gender: user.gender.as_deref(),
            joined: user.joined,
            language: user.language.as_deref(),
            occupation: user.occupation.as_deref(),
        }
    }
}

impl<'v> ViewerFields<'v> {
    /// A field that holds text; `None` for all others.
    pub(crate) fn text(&self, field: Field) -> Option<&'v str> {
        match field {
            Field::ViewerCountry => self.country,
            Field::ViewerGender => self.gender,
            Field::ViewerLanguage => self.language,
            Field::ViewerOccupation => self.occupation,
            _ => None,
        }
    }

    /// A field that has an order, as a whole number; moments in milliseconds.
    pub(crate) fn ordered(&self, field: Field) -> Option<i64> {
        match field {
            Field::ViewerAge => self.age.map(i64::from),
            Field::ViewerJoined => self.joined.map(Timestamp::as_millis),
            _ => None,
        }
    }
}
