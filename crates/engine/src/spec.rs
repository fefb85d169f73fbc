//! How models are named on the command line: `NAME` or `NAME:key=value,key=value`.

use std::{fmt, str::FromStr};

use serde::de::DeserializeOwned;

use crate::{EngineError, Result};

/// A model by name, with the parameters that differ from its defaults.
///
/// # Example
///
/// ```
/// let spec: marquee_engine::ModelSpec = "ials:factors=64,solver=cholesky".parse().unwrap();
/// assert_eq!(spec.name(), "ials");
/// assert_eq!(spec.to_string(), "ials:factors=64,solver=\"cholesky\"");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    name: String,
    params: toml::Table,
}

impl ModelSpec {
    /// The model `name` with `params`.
    pub fn new(name: impl Into<String>, params: toml::Table) -> Self {
        Self {
            name: name.into(),
            params,
        }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters that differ from the defaults.
    pub fn params(&self) -> &toml::Table {
        &self.params
    }

    /// Reads the parameters as a configuration, whose own defaults fill in what is not given.
    ///
    /// # Errors
    ///
    /// [`EngineError::Params`] for a key the configuration does not have or a value of another type.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C> {
        let read = self.params.clone().try_into();
        read.map_err(|source| EngineError::Params {
            model: self.name.clone(),
            source,
        })
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (place, (key, value)) in self.params.iter().enumerate() {
            let sign = if place == 0 { ':' } else { ',' };
            write!(f, "{sign}{key}={value}")?;
        }
        Ok(())
    }
}

impl FromStr for ModelSpec {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut params = toml::Table::new();
        for pair in split_pairs(rest) {
            let wrong = || EngineError::SpecSyntax {
                spec: text.to_owned(),
                part: pair.to_owned(),
            };
            let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() || value.is_empty() {
                return Err(wrong());
            }
            if params.insert(key.to_owned(), value_of(value)).is_some() {
                return Err(wrong());
            }
        }
        Ok(Self::new(name.trim(), params))
    }
}

/// The `key=value` parts between commas; commas inside brackets belong to a value.
fn split_pairs(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A value as TOML reads it; a bare word, which TOML refuses, is text.
fn value_of(text: &str) -> toml::Value {
    // `inf` and `nan` are numbers in TOML, and `inf` is a sensible half-life.
    let read = toml::from_str::<toml::Table>(&format!("value = {text}"));
    let single = read.ok().filter(|table| table.len() == 1);
    let value = single.and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let spec: ModelSpec = text.parse().unwrap();
        assert_eq!(spec.to_string(), want);
        let again: ModelSpec = want.parse().unwrap();
        assert_eq!(again, spec);
    }

    #[test]
    fn values_have_the_type_they_look_like() {
        check("ease", "ease");
        check("ials:factors=64", "ials:factors=64");
        check("ials: regularization = 0.5 ", "ials:regularization=0.5");
        check("ials:solver=cholesky", "ials:solver=\"cholesky\"");
        check(
            "blend:members=[\"ials\", \"ease\"],k=2",
            "blend:k=2,members=[\"ials\", \"ease\"]",
        );
        check(
            "popularity:half_life_days=inf",
            "popularity:half_life_days=inf",
        );
    }

    #[track_caller]
    fn check_refused(text: &str) {
        let got = text.parse::<ModelSpec>();
        assert!(
            matches!(got, Err(EngineError::SpecSyntax { .. })),
            "{got:?}"
        );
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        check_refused("ials:factors");
        check_refused("ials:=3");
        check_refused("ials:factors=");
        check_refused("ials:factors=1,factors=2");
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        factors: usize,
        rate: f32,
    }

    impl Default for Config {
        fn default() -> Self {
            Self {
                factors: 8,
                rate: 0.5,
            }
        }
    }

    #[test]
    fn defaults_fill_in_and_unknown_keys_are_named() {
        let config = |text: &str| text.parse::<ModelSpec>().unwrap().config::<Config>();
        let got = config("m:rate=2").unwrap();
        assert_eq!(
            got,
            Config {
                factors: 8,
                rate: 2.0
            }
        );
        let wrong = config("m:factor=2").unwrap_err();
        let EngineError::Params { source, .. } = wrong else {
            panic!("{wrong:?}");
        };
        assert!(source.to_string().contains("unknown field `factor`"));
    }
}
