//! Protocols as text, for a command line: `strong:folds=5,held-out=0.2`.

use std::{fmt, str::FromStr};

use marquee_core::Timestamp;

use super::{Cut, LastOutSplit, Protocol, RandomSplit, StrongSplit, TemporalSplit, WeakSplit};
use super::{last_out, random, strong, temporal, weak};
use crate::{Error, Result};

const A_SHARE: &str = "a number between 0 and 1";
const A_COUNT: &str = "a whole number";
const MILLIS: &str = "milliseconds since 1970-01-01T00:00:00 UTC";

impl FromStr for Protocol {
    type Err = Error;

    /// Reads `NAME` or `NAME:key=value,…`; what is not given is the default.
    fn from_str(text: &str) -> Result<Self> {
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        let settings = settings.split(',').filter(|part| !part.is_empty());
        let settings = settings.map(|part| part.split_once('=').unwrap_or((part, "")));
        match name {
            strong::NAME => strong_from(settings).map(Self::Strong),
            weak::NAME => weak_from(settings).map(Self::Weak),
            random::NAME => random_from(settings).map(Self::Random),
            temporal::NAME => temporal_from(settings).map(Self::Temporal),
            last_out::NAME => last_out_from(settings).map(Self::LastOut),
            _ => Err(Error::ProtocolName {
                found: name.to_owned(),
            }),
        }
    }
}

fn strong_from<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> Result<StrongSplit> {
    let mut split = StrongSplit::default();
    let read = Reader(strong::NAME);
    for (key, value) in settings {
        match key {
            "folds" => split.n_folds = read.value("folds", value, A_COUNT)?,
            "held-out" => split.held_out = read.value("held-out", value, A_SHARE)?,
            "validation" => {
                split.n_validation_folds = read.value("validation", value, A_COUNT)?;
            }
            _ => return Err(read.unknown(key, "folds, held-out, validation")),
        }
    }
    Ok(split)
}

fn weak_from<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> Result<WeakSplit> {
    let mut split = WeakSplit::default();
    let read = Reader(weak::NAME);
    for (key, value) in settings {
        match key {
            "held-out" => split.held_out = read.value("held-out", value, A_SHARE)?,
            "validation" => split.validation = read.value("validation", value, A_SHARE)?,
            _ => return Err(read.unknown(key, "held-out, validation")),
        }
    }
    Ok(split)
}

fn random_from<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> Result<RandomSplit> {
    let mut split = RandomSplit::default();
    let read = Reader(random::NAME);
    for (key, value) in settings {
        match key {
            "held-out" => split.held_out = read.value("held-out", value, A_SHARE)?,
            "validation" => split.validation = read.value("validation", value, A_SHARE)?,
            _ => return Err(read.unknown(key, "held-out, validation")),
        }
    }
    Ok(split)
}

fn temporal_from<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> Result<TemporalSplit> {
    let mut split = TemporalSplit::default();
    let read = Reader(temporal::NAME);
    let moment = |key, value| {
        read.value(key, value, MILLIS)
            .map(|millis| Cut::At(Timestamp::from_millis(millis)))
    };
    let share = |key, value| read.value(key, value, A_SHARE).map(Cut::LastShare);
    for (key, value) in settings {
        match key {
            "share" => split.test = share("share", value)?,
            "cut-ms" => split.test = moment("cut-ms", value)?,
            "validation-share" => split.validation = Some(share("validation-share", value)?),
            "validation-cut-ms" => split.validation = Some(moment("validation-cut-ms", value)?),
            "min-history" => split.min_history = read.value("min-history", value, A_COUNT)?,
            _ => {
                let all = "share, cut-ms, validation-share, validation-cut-ms, min-history";
                return Err(read.unknown(key, all));
            }
        }
    }
    Ok(split)
}

fn last_out_from<'a>(
    mut settings: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<LastOutSplit> {
    match settings.next() {
        None => Ok(LastOutSplit::default()),
        Some((key, _)) => Err(Reader(last_out::NAME).unknown(key, "none")),
    }
}

/// Reads the settings of the protocol with this name.
#[derive(Clone, Copy)]
struct Reader(&'static str);

impl Reader {
    fn value<T: FromStr>(
        self,
        setting: &'static str,
        found: &str,
        expected: &'static str,
    ) -> Result<T> {
        found.parse().map_err(|_| Error::ProtocolValue {
            protocol: self.0,
            setting,
            found: found.to_owned(),
            expected,
        })
    }

    fn unknown(self, found: &str, expected: &'static str) -> Error {
        Error::ProtocolSetting {
            protocol: self.0,
            found: found.to_owned(),
            expected,
        }
    }
}

impl fmt::Display for Protocol {
    /// Writes every setting, so that a result names all it depends on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Strong(split) => write!(
                f,
                ":folds={},held-out={},validation={}",
                split.n_folds, split.held_out, split.n_validation_folds
            ),
            Self::Weak(split) => write!(
                f,
                ":held-out={},validation={}",
                split.held_out, split.validation
            ),
            Self::Random(split) => write!(
                f,
                ":held-out={},validation={}",
                split.held_out, split.validation
            ),
            Self::Temporal(split) => {
                write_cut(f, ":", split.test)?;
                if let Some(cut) = split.validation {
                    write_cut(f, ",validation-", cut)?;
                }
                write!(f, ",min-history={}", split.min_history)
            }
            Self::LastOut(_) => Ok(()),
        }
    }
}

fn write_cut(f: &mut fmt::Formatter<'_>, before: &str, cut: Cut) -> fmt::Result {
    match cut {
        Cut::At(moment) => write!(f, "{before}cut-ms={}", moment.as_millis()),
        Cut::LastShare(share) => write!(f, "{before}share={share}"),
    }
}
