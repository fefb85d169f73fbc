//! What predicted outcomes are worth: the text that operators change, bound to a ranker.

use marquee_features::Head;
use marquee_ranking::{BoundValue, ValueModel};

use super::file::Sample;
use crate::{Engine, Result};

/// Name of the text beside the models.
pub const VALUE_FILE: &str = "value.toml";

/// The worth of outcomes as long as operators do not say otherwise; outcomes that a ranker does not
/// predict are left out of it.
pub const DEFAULT_VALUE: &str = "\
# What a row is worth: outcomes times their chances, and terms weight x curve(x / scale).
# docs/ranking.md explains each.
[outcomes]
open = 1.0
finish = 2.0
like = 2.0
comment = 3.0
share = 4.0
save = 2.0
hide = -5.0
report = -30.0

[watch_minutes]
weight = 0.5
curve = \"logarithm\"
scale = 10.0

[relationship]
weight = 0.05
curve = \"linear\"
scale = 1.0

[type_preference]
weight = 0.05
curve = \"linear\"
scale = 1.0
";

impl Engine {
    /// The text that says what outcomes are worth: the one that operators gave, or else the default.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`](crate::EngineError::Store) when it cannot be read.
    pub fn value_model(&self) -> Result<String> {
        let text = self.registry().text(VALUE_FILE)?;
        Ok(text.unwrap_or_else(|| DEFAULT_VALUE.to_owned()))
    }

    /// Lets outcomes be worth what `text` says from now on, or what the default says where there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError::Value`](crate::EngineError::Value) with line and column of what is wrong, or with
    /// an outcome that the active ranker does not predict; then nothing changes.
    pub fn put_value_model(&self, text: Option<&str>) -> Result<()> {
        let _changing = self.lock();
        text.map(ValueModel::parse).transpose()?;
        let generation = self.generation().ok();
        let stage = generation.as_ref().and_then(|active| active.ranking());
        let worth = stage.map(|stage| stage.worth_by(text)).transpose()?;
        self.registry().put_text(VALUE_FILE, text)?;
        if let Some((stage, worth)) = stage.zip(worth) {
            stage.put_worth(worth);
        }
        Ok(())
    }
}

/// A value model that fits a ranker, and the unit of its differences.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Worth {
    pub(super) model: BoundValue,
    /// Standard deviation of the values of rows that were really shown.
    pub(super) spread: f32,
}

impl Worth {
    /// # Errors
    ///
    /// [`EngineError::Value`](crate::EngineError::Value) with line and column of what is wrong, or the
    /// outcome that `heads` lack.
    pub(super) fn new(text: Option<&str>, heads: &[Head], sample: &Sample) -> Result<Self> {
        let model = match text {
            Some(text) => ValueModel::parse(text)?,
            None => default_for(heads),
        };
        let model = model.bind(heads)?;
        Ok(Self {
            spread: spread(&model, heads.len(), sample),
            model,
        })
    }
}

/// The default without the outcomes that are not predicted.
fn default_for(heads: &[Head]) -> ValueModel {
    let mut model = ValueModel::parse(DEFAULT_VALUE).expect("the text that is shipped is right");
    model.outcomes.retain(|head, _| heads.contains(head));
    if !heads.contains(&Head::WatchFraction) {
        model.watch_minutes = None;
    }
    model
}

fn spread(model: &BoundValue, n_heads: usize, sample: &Sample) -> f32 {
    let rows = sample.chances.chunks_exact(n_heads.max(1));
    let values = rows.zip(&sample.signals);
    let values: Vec<f32> = values
        .map(|(chances, signals)| model.value(|head| chances[head], signals))
        .collect();
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    let square = |value: &f32| (value - mean).powi(2);
    (values.iter().map(square).sum::<f32>() / n).sqrt()
}
