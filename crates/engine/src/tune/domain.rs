//! What one parameter may be, and its place between 0 and 1 as the search sees it.

use std::fmt;

use toml::Value;

/// How numbers of a range are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Evenly by their logarithm: as many between 1 and 10 as between 10 and 100.
    Log,
}

/// The values that a parameter may take.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// One of these, in no order.
    Choice(Vec<Value>),
    /// Whole numbers `min`, `min + step`, … up to `max`.
    Integer {
        /// The smallest; above zero on a logarithmic scale.
        min: i64,
        /// No value is larger.
        max: i64,
        /// From one value to the next, at least 1.
        step: i64,
        /// How they are spread.
        scale: Scale,
    },
    /// Numbers from `min` to `max`, to four digits.
    Real {
        /// The smallest; above zero on a logarithmic scale.
        min: f64,
        /// The largest.
        max: f64,
        /// How they are spread.
        scale: Scale,
    },
}

/// The place of a value in its domain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Point {
    /// Which of the choices.
    Choice(usize),
    /// Where between the ends, 0 to 1.
    Unit(f64),
}

impl Domain {
    /// Number of choices; `None` for numbers.
    pub(super) fn n_choices(&self) -> Option<usize> {
        match self {
            Self::Choice(values) => Some(values.len()),
            Self::Integer { .. } | Self::Real { .. } => None,
        }
    }

    /// The point at `unit`, 0 to 1, which a choice is divided evenly over.
    pub(super) fn at(&self, unit: f64) -> Point {
        match self.n_choices() {
            Some(n) => Point::Choice(cell(unit, n)),
            None => Point::Unit(unit),
        }
    }

    /// The value nearest to a point.
    pub(super) fn value(&self, point: Point) -> Value {
        match (self, point) {
            (Self::Choice(values), Point::Choice(which)) => values[which].clone(),
            (Self::Choice(values), Point::Unit(unit)) => values[cell(unit, values.len())].clone(),
            (_, Point::Choice(_)) => self.value(Point::Unit(0.5)),
            (&Self::Real { min, max, scale }, Point::Unit(unit)) => {
                Value::Float(between(min, max, scale, unit))
            }
            (
                &Self::Integer {
                    min,
                    max,
                    step,
                    scale,
                },
                Point::Unit(unit),
            ) => Value::Integer(match scale {
                Scale::Linear => {
                    let n = n_steps(min, max, step);
                    min + step * i64::try_from(cell(unit, n)).unwrap_or(0)
                }
                Scale::Log => {
                    let exact = between(min as f64, max as f64, scale, unit);
                    let steps = whole((exact - min as f64) / step as f64);
                    min + step * steps.clamp(0, (max - min) / step)
                }
            }),
        }
    }

    /// The point of a value; `None` where it lies outside.
    pub(super) fn point(&self, value: &Value) -> Option<Point> {
        let number = match value {
            Value::Integer(number) => *number as f64,
            Value::Float(number) => *number,
            _ => f64::NAN,
        };
        match self {
            Self::Choice(values) => {
                let is_same = |other: &Value| other == value || same_number(other, number);
                values.iter().position(is_same).map(Point::Choice)
            }
            &Self::Real { min, max, scale } => {
                unit_of(min, max, scale, number).map(|unit| Point::Unit(unit.clamp(0.0, 1.0)))
            }
            &Self::Integer {
                min,
                max,
                step,
                scale,
            } => {
                let (low, high) = (min as f64, max as f64);
                let unit = unit_of(low, high, scale, number)?;
                Some(Point::Unit(match scale {
                    Scale::Log => unit,
                    // The middle of the cell that leads to this number.
                    Scale::Linear => {
                        let steps = (number - low) / step as f64;
                        ((steps + 0.5) / n_steps(min, max, step) as f64).clamp(0.0, 1.0)
                    }
                }))
            }
        }
    }

    /// The values at both ends, or all choices: if a model takes these, it takes what is between.
    pub(super) fn ends(&self) -> Vec<Value> {
        match self {
            Self::Choice(values) => values.clone(),
            Self::Integer { .. } | Self::Real { .. } => {
                [0.0, 1.0].map(|unit| self.value(Point::Unit(unit))).into()
            }
        }
    }
}

impl fmt::Display for Domain {
    /// As a space file has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |scale: &Scale| match scale {
            Scale::Linear => "linear",
            Scale::Log => "log",
        };
        match self {
            Self::Choice(values) => write!(f, "{}", Value::Array(values.clone())),
            Self::Integer {
                min,
                max,
                step,
                scale,
            } => {
                let scale = name(scale);
                write!(
                    f,
                    "{{ min = {min}, max = {max}, step = {step}, scale = \"{scale}\" }}"
                )
            }
            Self::Real { min, max, scale } => {
                let (min, max, scale) = (Value::Float(*min), Value::Float(*max), name(scale));
                write!(f, "{{ min = {min}, max = {max}, scale = \"{scale}\" }}")
            }
        }
    }
}

fn same_number(value: &Value, number: f64) -> bool {
    let other = match value {
        Value::Integer(other) => *other as f64,
        Value::Float(other) => *other,
        _ => return false,
    };
    other.total_cmp(&number).is_eq()
}

/// Which of `n` equal parts of 0 to 1 `unit` lies in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a small count, clamped to it"
)]
fn cell(unit: f64, n: usize) -> usize {
    let at = (unit.clamp(0.0, 1.0) * n as f64) as usize;
    at.min(n.saturating_sub(1))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a number between the ends of a range of 64-bit numbers"
)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn n_steps(min: i64, max: i64, step: i64) -> usize {
    usize::try_from((max - min) / step).unwrap_or(0) + 1
}

/// The number at `unit`, to four digits, or an end as it was given.
fn between(min: f64, max: f64, scale: Scale, unit: f64) -> f64 {
    if unit <= 0.0 {
        return min;
    }
    if unit >= 1.0 {
        return max;
    }
    match scale {
        Scale::Linear => four_digits(min + unit * (max - min)).clamp(min, max),
        Scale::Log => {
            let exact = (min.ln() + unit * (max.ln() - min.ln())).exp();
            four_digits(exact).clamp(min, max)
        }
    }
}

fn unit_of(min: f64, max: f64, scale: Scale, number: f64) -> Option<f64> {
    // Ranges of one value have one point; numbers of 32 bits may lie a hair outside their range.
    let slack = 1e-6 * min.abs().max(max.abs());
    if !(min - slack..=max + slack).contains(&number) {
        return None;
    }
    let number = number.clamp(min, max);
    let (from, length) = match scale {
        Scale::Linear => (number - min, max - min),
        Scale::Log => (number.ln() - min.ln(), max.ln() - min.ln()),
    };
    Some(if length > 0.0 { from / length } else { 0.5 })
}

/// To four significant digits, so that what is found can be read and typed.
fn four_digits(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(min: f64, max: f64) -> Domain {
        let scale = Scale::Log;
        Domain::Real { min, max, scale }
    }

    fn steps(min: i64, max: i64, step: i64, scale: Scale) -> Domain {
        Domain::Integer {
            min,
            max,
            step,
            scale,
        }
    }

    #[track_caller]
    fn check(domain: &Domain, unit: f64, want: impl Into<Value>) {
        assert_eq!(domain.value(domain.at(unit)), want.into());
    }

    #[test]
    fn values_lie_where_the_scale_says() {
        check(&log(1e-4, 1.0), 0.5, 0.01);
        check(&log(1e-4, 1.0), 0.6, 0.02512);
        let even = Domain::Real {
            min: -1.0,
            max: 3.0,
            scale: Scale::Linear,
        };
        check(&even, 0.25, 0.0);
        check(&steps(4, 10, 3, Scale::Linear), 0.99, 10);
        check(&steps(4, 9, 3, Scale::Linear), 1.0, 7);
        check(&steps(1, 100, 1, Scale::Log), 0.5, 10);
        check(&steps(8, 200, 8, Scale::Log), 1.0, 200);
        let words = Domain::Choice(vec!["a".into(), "b".into()]);
        check(&words, 0.49, "a");
        check(&words, 0.5, "b");
    }

    #[test]
    fn ends_are_kept_though_they_have_more_than_four_digits() {
        check(&log(0.123_456, 12.345_678), 0.0, 0.123_456);
        check(&log(0.123_456, 12.345_678), 1.0, 12.345_678);
    }

    #[test]
    fn value_and_point_lead_to_each_other() {
        let domains = [
            log(1e-4, 1.0),
            steps(4, 20, 2, Scale::Linear),
            steps(1, 1000, 1, Scale::Log),
            Domain::Choice(vec![32.into(), 64.into(), 128.into()]),
        ];
        for domain in domains {
            for at in 0..=100 {
                let value = domain.value(domain.at(f64::from(at) / 100.0));
                let point = domain.point(&value).unwrap();
                assert_eq!(domain.value(point), value, "{domain}");
            }
        }
    }

    #[test]
    fn what_lies_outside_has_no_point() {
        assert_eq!(log(1.0, 10.0).point(&Value::Float(0.5)), None);
        assert_eq!(log(1.0, 10.0).point(&Value::Float(f64::INFINITY)), None);
        assert_eq!(log(1.0, 10.0).point(&"x".into()), None);
        let words = Domain::Choice(vec![1.into(), 2.into()]);
        assert_eq!(words.point(&Value::Integer(3)), None);
        assert_eq!(words.point(&Value::Float(2.0)), Some(Point::Choice(1)));
    }
}
