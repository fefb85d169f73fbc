//! Names of model versions.

use std::{fmt, str::FromStr};

use crate::{Error, Result};

/// The longest name of a model, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// A published version of a model, shown as `ials/000003`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelVersion {
    name: String,
    number: u32,
}

impl ModelVersion {
    /// Version `number`, from 1, of model `name`.
    ///
    /// # Errors
    ///
    /// [`Error::ModelName`] when `name` is not 1 to 64 of `a-z`, `0-9` and `-`,
    /// [`Error::ModelVersion`] when `number` is zero.
    pub fn new(name: &str, number: u32) -> Result<Self> {
        check_name(name)?;
        let this = Self {
            name: name.to_owned(),
            number,
        };
        if number == 0 {
            return Err(Error::ModelVersion {
                found: this.to_string(),
            });
        }
        Ok(this)
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:06}", self.name, self.number)
    }
}

impl FromStr for ModelVersion {
    type Err = Error;

    /// Accepts exactly what is displayed, so that a version has one name and one folder.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::ModelVersion {
            found: text.to_owned(),
        };
        let (name, digits) = text.split_once('/').ok_or_else(wrong)?;
        let number = digits.parse().map_err(|_| wrong())?;
        let version = Self::new(name, number).map_err(|_| wrong())?;
        if version.to_string() == text {
            Ok(version)
        } else {
            Err(wrong())
        }
    }
}

/// Checks that `name` may name a model.
pub(super) fn check_name(name: &str) -> Result<()> {
    let right_length = (1..=MAX_NAME_BYTES).contains(&name.len());
    let accepts = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if right_length && name.bytes().all(accepts) {
        return Ok(());
    }
    Err(Error::ModelName {
        found: name.to_owned(),
    })
}
