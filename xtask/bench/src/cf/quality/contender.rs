//! Who is compared, and our models as one kind of them.

use anyhow::{Result, bail};
use marquee_engine::{
    Guide, JudgedBy, ModelSpec,
    evaluation::{Measure, measure, train_fold},
};
use marquee_eval::{Cutoffs, Evaluation};

use super::parts::{Judged, Part};
use crate::contender::cpu_seconds;

/// The lengths of lists that are measured.
pub(super) const LENGTHS: &str = "10,20,100";
/// The longest of them.
pub(super) const LONGEST: usize = 100;

/// A model of some library.
pub(super) trait Contender {
    /// Who made it.
    fn library(&self) -> &str;

    /// Its name, by which its parameters are found.
    fn model(&self) -> &str;

    /// Trains on the rows of a part, ranks for its cases and measures; also the processor seconds of
    /// training.
    ///
    /// # Errors
    ///
    /// When the parameters are not understood, or training fails.
    fn judge(&mut self, part: &Part, params: &toml::Table) -> Result<(Evaluation, f64)>;
}

/// The cutoffs of [`LENGTHS`].
///
/// # Errors
///
/// None; the text is built in.
pub(super) fn lengths() -> Result<Cutoffs> {
    Ok(LENGTHS.parse()?)
}

/// One of our models.
pub(super) struct Ours {
    model: String,
    seed: u64,
}

impl Ours {
    /// The model that `marquee evaluate` calls so.
    pub(super) fn new(model: &str, seed: u64) -> Self {
        Self {
            model: model.to_owned(),
            seed,
        }
    }
}

impl Contender for Ours {
    fn library(&self) -> &'static str {
        "Marquee"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn judge(&mut self, part: &Part, params: &toml::Table) -> Result<(Evaluation, f64)> {
        let spec = ModelSpec::new(self.model.as_str(), params.clone());
        let mut silent = marquee_cf::silent();
        let mut guide = Guide::new(&mut silent);
        // Cases that are judged themselves do not steer training.
        if part.judged == Judged::Test {
            guide = guide.judging(part.fold.validation(), JudgedBy::Lists);
        }
        let start = cpu_seconds();
        let model = train_fold(&spec, &part.fold, self.seed, &mut guide)?;
        let seconds = cpu_seconds() - start;
        let how = Measure {
            cutoffs: &lengths()?,
            genres: None,
        };
        if part.cases().is_empty() {
            bail!("nobody is left to be judged by");
        }
        let found = measure(model.recommender().as_ref(), part.cases(), how)?;
        Ok((found, seconds))
    }
}
