//! Which values are searched, read from TOML: a table a model, an entry a parameter.
//!
//! ```toml
//! [ials]
//! factors = [32, 64, 128]                                      # one of these
//! iterations = { min = 4, max = 20, step = 1 }                 # whole numbers
//! regularization = { min = 1e-4, max = 1e-1, scale = "log" }   # numbers, evenly by logarithm
//! ```

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Domain, Scale, TuneError, domain::Point};
use crate::{EngineError, ModelSpec, Result, models};

/// The spaces that come with the program; a test holds them against the table of models.
const SPACES: &str = include_str!("spaces.toml");

const NUMBERS: &str = "a list of values, or a table with min, max and if need be scale and step";

/// One parameter of a space.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name in the model's configuration.
    pub name: String,
    /// The values it may take.
    pub domain: Domain,
}

/// The parameters of a model that a search varies, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    parameters: Vec<Parameter>,
}

impl Space {
    /// Every parameter, in the order of names.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The space without the parameters that `fixed` has a value for.
    #[must_use]
    pub fn without(&self, fixed: &Table) -> Self {
        let all = self.parameters.iter();
        let free = all.filter(|one| !fixed.contains_key(&one.name)).cloned();
        Self {
            parameters: free.collect(),
        }
    }

    /// The point of each parameter in `params`; `None` for a value that is missing or outside.
    pub(super) fn points(&self, params: &Table) -> Vec<Option<Point>> {
        let point = |one: &Parameter| one.domain.point(params.get(&one.name)?);
        self.parameters.iter().map(point).collect()
    }

    /// The parameters at `points`, one for each.
    pub(super) fn params(&self, points: &[Point]) -> Table {
        let pairs = self.parameters.iter().zip(points);
        pairs
            .map(|(one, &point)| (one.name.clone(), one.domain.value(point)))
            .collect()
    }

    /// The nearest points that values have.
    pub(super) fn snapped(&self, points: &[Point]) -> Vec<Point> {
        let pairs = self.parameters.iter().zip(points);
        let snap = |(one, &point): (&Parameter, &Point)| {
            let value = one.domain.value(point);
            one.domain.point(&value).unwrap_or(point)
        };
        pairs.map(snap).collect()
    }
}

/// The space that comes with the program for `model`.
///
/// # Errors
///
/// [`EngineError::UnknownModel`], and [`TuneError::NoSpace`] where a model has none.
#[expect(
    clippy::missing_panics_doc,
    reason = "the text comes with the program and is tested"
)]
pub fn default_space(model: &str) -> Result<Space> {
    let model = models::family(model)?.name;
    let mut all = read_spaces(SPACES).expect("the spaces that come with the program can be read");
    let found = all.remove(model).ok_or_else(|| TuneError::NoSpace {
        model: model.to_owned(),
    });
    Ok(found?)
}

/// Reads spaces by model, and checks that each model has such parameters and takes their ends.
///
/// # Errors
///
/// [`TuneError`] that names the model and the parameter; [`EngineError::UnknownModel`].
///
/// # Example
///
/// ```
/// let spaces = marquee_engine::tune::read_spaces("[ease]\nregularization = [100.0, 300.0]")?;
/// assert_eq!(spaces["ease"].parameters()[0].domain.to_string(), "[100.0, 300.0]");
/// # Ok::<(), marquee_engine::EngineError>(())
/// ```
pub fn read_spaces(text: &str) -> Result<BTreeMap<String, Space>> {
    let file: Table = toml::from_str(text).map_err(|source| TuneError::Syntax(Box::new(source)))?;
    let mut spaces = BTreeMap::new();
    for (model, entries) in file {
        models::family(&model)?;
        let Value::Table(entries) = entries else {
            let entry = Entry {
                model: &model,
                key: "",
            };
            return Err(entry.wrong(&entries, "a table of parameters").into());
        };
        let mut space = Space::default();
        for (name, value) in entries {
            let entry = Entry {
                model: &model,
                key: &name,
            };
            let domain = entry.domain(&value)?;
            entry.check(&domain)?;
            space.parameters.push(Parameter { name, domain });
        }
        spaces.insert(model, space);
    }
    Ok(spaces)
}

/// Where in the text a value stands.
#[derive(Clone, Copy)]
struct Entry<'a> {
    model: &'a str,
    key: &'a str,
}

impl Entry<'_> {
    fn wrong(self, found: &Value, expected: &'static str) -> TuneError {
        self.wrong_at("", found, expected)
    }

    fn wrong_at(self, field: &str, found: &Value, expected: &'static str) -> TuneError {
        let dot = if field.is_empty() { "" } else { "." };
        TuneError::Entry {
            model: self.model.to_owned(),
            key: format!("{}{dot}{field}", self.key),
            found: found.to_string(),
            expected,
        }
    }

    fn domain(self, value: &Value) -> std::result::Result<Domain, TuneError> {
        match value {
            Value::Array(values) => self.choice(values, value),
            Value::Table(range) => self.range(range, value),
            _ => Err(self.wrong(value, NUMBERS)),
        }
    }

    fn choice(self, values: &[Value], whole: &Value) -> std::result::Result<Domain, TuneError> {
        let is_plain = |value: &Value| !matches!(value, Value::Array(_) | Value::Table(_));
        let is_new = |(at, value): (usize, &Value)| !values[..at].contains(value);
        let all_new = values.iter().enumerate().all(is_new);
        if values.is_empty() || !all_new || !values.iter().all(is_plain) {
            return Err(self.wrong(whole, "one or more plain values, each once"));
        }
        Ok(Domain::Choice(values.to_vec()))
    }

    fn range(self, range: &Table, whole: &Value) -> std::result::Result<Domain, TuneError> {
        for (field, value) in range {
            if !["min", "max", "step", "scale"].contains(&field.as_str()) {
                return Err(self.wrong_at(field, value, "only min, max, step and scale"));
            }
        }
        let (Some(min), Some(max)) = (range.get("min"), range.get("max")) else {
            return Err(self.wrong(whole, "both min and max"));
        };
        let scale = self.scale(range.get("scale"))?;
        let step = range.get("step");
        let domain = match (min, max) {
            (&Value::Integer(min), &Value::Integer(max)) => Domain::Integer {
                min,
                max,
                step: self.step(step, max.checked_sub(min))?,
                scale,
            },
            _ => {
                if let Some(step) = step {
                    let expected = "no step where min or max is not a whole number";
                    return Err(self.wrong_at("step", step, expected));
                }
                Domain::Real {
                    min: self.number("min", min)?,
                    max: self.number("max", max)?,
                    scale,
                }
            }
        };
        let (low, high) = match domain {
            Domain::Integer { min, max, .. } => (min as f64, max as f64),
            Domain::Real { min, max, .. } => (min, max),
            Domain::Choice(_) => return Ok(domain),
        };
        if low > high {
            return Err(self.wrong_at("max", max, "at least min"));
        }
        if scale == Scale::Log && low <= 0.0 {
            return Err(self.wrong_at("min", min, "more than 0 where the scale is log"));
        }
        Ok(domain)
    }

    fn scale(self, found: Option<&Value>) -> std::result::Result<Scale, TuneError> {
        match found {
            None => Ok(Scale::Linear),
            Some(Value::String(name)) if name == "linear" => Ok(Scale::Linear),
            Some(Value::String(name)) if name == "log" => Ok(Scale::Log),
            Some(other) => Err(self.wrong_at("scale", other, "\"linear\" or \"log\"")),
        }
    }

    fn step(
        self,
        found: Option<&Value>,
        length: Option<i64>,
    ) -> std::result::Result<i64, TuneError> {
        match found {
            None => Ok(1),
            Some(&Value::Integer(step)) if step >= 1 && length.is_none_or(|all| step <= all) => {
                Ok(step)
            }
            Some(other) => {
                let expected = "a whole number from 1 to max - min";
                Err(self.wrong_at("step", other, expected))
            }
        }
    }

    fn number(self, field: &str, value: &Value) -> std::result::Result<f64, TuneError> {
        match value {
            Value::Integer(number) => Ok(*number as f64),
            Value::Float(number) if number.is_finite() => Ok(*number),
            _ => Err(self.wrong_at(field, value, "a finite number")),
        }
    }

    /// Lets the model read the ends of the domain.
    fn check(self, domain: &Domain) -> Result<()> {
        for value in domain.ends() {
            let shown = value.to_string();
            let params = [(self.key.to_owned(), value)].into_iter().collect();
            models::check(&ModelSpec::new(self.model, params)).map_err(|error| match error {
                EngineError::Params { source, .. } => EngineError::from(TuneError::Refused {
                    model: self.model.to_owned(),
                    key: self.key.to_owned(),
                    value: shown.clone(),
                    source: Box::new(source),
                }),
                other => other,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
