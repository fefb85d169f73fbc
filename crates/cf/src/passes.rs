//! Trainings of several passes: when to stop, which pass to keep, and how to go on after an
//! interruption.
//!
//! After each pass the model is judged, by who [watches](crate::Watch) or by what the training set aside
//! itself. Where it was not judged better for `patience` passes training ends, and the parameters of the
//! best pass are taken. Without a judgment the last pass is taken.
//!
//! The state between two passes is everything that the next one depends on. It is kept as an artifact
//! whenever the watcher wants it, and a training that begins from it ends with the same bits as one that
//! was never interrupted.

use marquee_store::{Artifact, ArtifactBuilder};

use crate::{Error, Progress, Result, progress::Steps};

/// Format of kept states.
const FORMAT_VERSION: u32 = 1;
/// Section of the counters: passes done, passes since the best one, whether there is one.
const COUNTS: &str = "counts";
/// Section of the best judgment so far.
const GAIN: &str = "gain";

/// How many passes, and how long to wait for a better one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passes {
    /// Name of the model.
    pub(crate) name: &'static str,
    /// What a pass is called.
    pub(crate) phase: &'static str,
    /// Passes at most.
    pub(crate) total: usize,
    /// Passes without a better judgment until training ends; 0 runs all and takes the last.
    pub(crate) patience: usize,
    /// Interactions that a pass goes over.
    pub(crate) n_interactions: usize,
}

/// Numbers that change from pass to pass.
#[derive(Debug)]
pub(crate) enum Numbers<'a> {
    F32(&'a mut [f32]),
    F64(&'a mut [f64]),
    U64(&'a mut [u64]),
}

/// Everything that the next pass depends on, by name. Names may repeat.
#[derive(Debug)]
pub(crate) struct State<'a> {
    /// What the model is made of.
    pub(crate) parameters: Vec<(&'static str, &'a mut [f32])>,
    /// What else training remembers.
    pub(crate) others: Vec<(&'static str, Numbers<'a>)>,
}

/// A model in training.
pub(crate) trait Trainee {
    /// Pass `number`, counted from 1; gives its loss.
    fn pass(&mut self, number: usize) -> Result<f64>;

    /// How good the model is now, higher is better; `None` where nothing tells.
    fn judge(&mut self, watch: &mut Progress<'_>) -> Result<Option<f64>>;

    fn state(&mut self) -> State<'_>;

    /// Works out again what follows from a state that was put back.
    fn restored(&mut self) {}
}

/// The best pass so far.
#[derive(Debug, Default)]
struct Best {
    gain: f64,
    waited: usize,
    parameters: Option<Vec<Vec<f32>>>,
}

impl Passes {
    /// Runs all passes; `trainee` then has the parameters of the best one.
    ///
    /// # Errors
    ///
    /// What the training and the watcher say; [`Error::SectionShape`] for a state of another training.
    pub(crate) fn run(&self, trainee: &mut dyn Trainee, progress: &mut Progress<'_>) -> Result<()> {
        let mut steps = Steps::new(self.name, self.total, self.n_interactions, progress);
        let mut best = Best::default();
        let mut done = 0;
        if let Some(kept) = steps.watch().resume()? {
            done = self.restore(&kept, trainee.state(), &mut best)?;
            trainee.restored();
            steps.skip_to(done);
        }
        while done < self.total && (self.patience == 0 || best.waited < self.patience) {
            done += 1;
            let loss = trainee.pass(done)?;
            let mut judged = None;
            if self.patience > 0 {
                judged = trainee.judge(steps.watch())?;
            }
            if let Some(gain) = judged {
                best.see(gain, trainee);
            }
            steps.finish_judged(self.phase, Some(loss), judged)?;
            if steps.watch().wants_state() {
                let state = trainee.state();
                steps.watch().keep_state(self.keep(done, &state, &best))?;
            }
        }
        if let Some(parameters) = best.parameters {
            for ((_, to), from) in trainee.state().parameters.into_iter().zip(parameters) {
                to.copy_from_slice(&from);
            }
            trainee.restored();
        }
        Ok(())
    }

    fn keep<'s>(&self, done: usize, state: &'s State<'_>, best: &'s Best) -> ArtifactBuilder<'s> {
        let mut kept = ArtifactBuilder::new(&format!("{}-state", self.name), FORMAT_VERSION);
        let has_best = u64::from(best.parameters.is_some());
        let counts = vec![done as u64, best.waited as u64, has_best];
        kept.section_owned(COUNTS, &[3], counts);
        kept.section_owned(GAIN, &[1], vec![best.gain]);
        for (number, (name, values)) in state.parameters.iter().enumerate() {
            let name = section("now", name, number);
            kept.section::<f32>(&name, &[values.len() as u64], values);
        }
        for (number, (name, values)) in state.others.iter().enumerate() {
            let name = section("also", name, number);
            match values {
                Numbers::F32(values) => kept.section::<f32>(&name, &[values.len() as u64], values),
                Numbers::F64(values) => kept.section::<f64>(&name, &[values.len() as u64], values),
                Numbers::U64(values) => kept.section::<u64>(&name, &[values.len() as u64], values),
            };
        }
        let names = state.parameters.iter().map(|(name, _)| name);
        let best = names.zip(best.parameters.iter().flatten()).enumerate();
        for (number, (name, values)) in best {
            let name = section("best", name, number);
            kept.section(&name, &[values.len() as u64], values);
        }
        kept
    }

    /// Puts everything back; gives the number of passes done.
    fn restore(&self, kept: &Artifact, state: State<'_>, best: &mut Best) -> Result<usize> {
        kept.expect_kind(&format!("{}-state", self.name), FORMAT_VERSION)?;
        kept.verify()?;
        let mut counts = [0_u64; 3];
        self.copy(kept, (COUNTS, COUNTS), &mut counts)?;
        let mut gain = [0.0_f64];
        self.copy(kept, (GAIN, GAIN), &mut gain)?;
        let [done, waited, has_best] = counts.map(|count| usize::try_from(count).ok());
        best.gain = gain[0];
        best.waited = waited.unwrap_or(usize::MAX);
        let mut parameters = Vec::new();
        for (number, (name, to)) in state.parameters.into_iter().enumerate() {
            self.copy(kept, (&section("now", name, number), name), to)?;
            if has_best == Some(1) {
                let mut values = vec![0.0; to.len()];
                self.copy(kept, (&section("best", name, number), name), &mut values)?;
                parameters.push(values);
            }
        }
        best.parameters = (has_best == Some(1)).then_some(parameters);
        for (number, (name, to)) in state.others.into_iter().enumerate() {
            let section = section("also", name, number);
            match to {
                Numbers::F32(to) => self.copy(kept, (&section, name), to)?,
                Numbers::F64(to) => self.copy(kept, (&section, name), to)?,
                Numbers::U64(to) => self.copy(kept, (&section, name), to)?,
            }
        }
        Ok(done.unwrap_or(usize::MAX))
    }

    fn copy<T: marquee_store::Element>(
        &self,
        kept: &Artifact,
        (section, name): (&str, &'static str),
        to: &mut [T],
    ) -> Result<()> {
        let from = kept.section::<T>(section)?.data;
        if from.len() != to.len() {
            return Err(Error::SectionShape {
                model: self.name,
                section: name,
                found: from.len(),
                expected: to.len(),
            });
        }
        to.copy_from_slice(from);
        Ok(())
    }
}

impl Best {
    fn see(&mut self, gain: f64, trainee: &mut dyn Trainee) {
        if self.parameters.is_some() && gain <= self.gain {
            self.waited += 1;
            return;
        }
        let parameters = trainee.state().parameters.into_iter();
        self.parameters = Some(parameters.map(|(_, values)| values.to_vec()).collect());
        self.gain = gain;
        self.waited = 0;
    }
}

/// The name of a section; numbers keep repeated names apart.
fn section(group: &str, name: &str, number: usize) -> String {
    format!("{group}.{name}.{number}")
}

#[cfg(test)]
mod tests;
