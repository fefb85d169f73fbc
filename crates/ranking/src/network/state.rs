//! The state between two passes: everything that the next one depends on.

use marquee_store::{Artifact, ArtifactBuilder, Element};

use super::{NAME, train::Trainer};
use crate::{Error, Result};

const KIND: &str = "ranker-state";
const FORMAT_VERSION: u32 = 2;
/// Passes done, passes since the best one, steps done.
const COUNTS: &str = "counts";
const JUDGED: &str = "judged";
const NOW: [&str; 2] = ["now.embeddings", "now.weights"];
/// Means of parameters, and how often they took something in; none where nothing is averaged.
const MEAN: [&str; 2] = ["mean.embeddings", "mean.weights"];
const TAKEN: &str = "mean.taken";
const BEST: [&str; 2] = ["best.embeddings", "best.weights"];
const MOMENTS: [&str; 4] = [
    "first-moments.weights",
    "second-moments.weights",
    "first-moments.embeddings",
    "second-moments.embeddings",
];

/// The best pass so far.
#[derive(Debug, Default)]
pub(crate) struct Best {
    judged: f64,
    pub(crate) waited: usize,
    /// Embeddings and weights.
    pub(crate) parameters: Option<(Vec<f32>, Vec<f32>)>,
}

impl Best {
    /// Takes the trainer's parameters if they were judged better than all before.
    pub(crate) fn see(&mut self, judged: f64, trainer: &Trainer<'_>) {
        if self.parameters.is_some() && judged <= self.judged {
            self.waited += 1;
            return;
        }
        self.judged = judged;
        self.waited = 0;
        self.parameters = Some((trainer.tables.clone(), trainer.weights.clone()));
    }
}

pub(crate) fn keep<'s>(
    done: usize,
    trainer: &'s Trainer<'_>,
    best: &'s Best,
) -> ArtifactBuilder<'s> {
    let mut kept = ArtifactBuilder::new(KIND, FORMAT_VERSION);
    let counts = vec![done as u64, best.waited as u64, trainer.steps];
    kept.section_owned(COUNTS, &[3], counts);
    kept.section_owned(JUDGED, &[1], vec![best.judged]);
    let (adam, embeddings) = (&trainer.adam, &trainer.embeddings);
    let moments = [
        &adam.first,
        &adam.second,
        &embeddings.first,
        &embeddings.second,
    ];
    let now = [&trainer.tables, &trainer.weights];
    let best = best
        .parameters
        .iter()
        .flat_map(|(tables, weights)| [tables, weights]);
    let named = NOW.iter().zip(now).chain(MOMENTS.iter().zip(moments));
    let average = &trainer.average;
    let means = [&average.tables, &average.weights];
    let means = MEAN.iter().zip(means).filter(|_| average.is_used());
    kept.section_owned(TAKEN, &[1], vec![average.taken]);
    for (name, values) in named.chain(BEST.iter().zip(best)).chain(means) {
        kept.section(name, &[values.len() as u64], values);
    }
    kept
}

/// Puts everything back; gives the number of passes done.
pub(crate) fn restore(
    kept: &Artifact,
    trainer: &mut Trainer<'_>,
    best: &mut Best,
) -> Result<usize> {
    kept.expect_kind(KIND, FORMAT_VERSION)?;
    kept.verify()?;
    let mut counts = [0_u64; 3];
    copy(kept, COUNTS, &mut counts)?;
    let mut judged = [0.0_f64];
    copy(kept, JUDGED, &mut judged)?;
    if kept.has(BEST[0]) {
        let mut parameters = (
            vec![0.0; trainer.tables.len()],
            vec![0.0; trainer.weights.len()],
        );
        copy(kept, BEST[0], &mut parameters.0)?;
        copy(kept, BEST[1], &mut parameters.1)?;
        best.parameters = Some(parameters);
    }
    copy(kept, NOW[0], &mut trainer.tables)?;
    copy(kept, NOW[1], &mut trainer.weights)?;
    let (adam, embeddings) = (&mut trainer.adam, &mut trainer.embeddings);
    let moments = [
        &mut adam.first,
        &mut adam.second,
        &mut embeddings.first,
        &mut embeddings.second,
    ];
    for (name, to) in MOMENTS.iter().zip(moments) {
        copy(kept, name, to)?;
    }
    let average = &mut trainer.average;
    if average.is_used() {
        copy(kept, MEAN[0], &mut average.tables)?;
        copy(kept, MEAN[1], &mut average.weights)?;
        let mut taken = [0_u64];
        copy(kept, TAKEN, &mut taken)?;
        average.taken = taken[0];
    }
    let count = |place: usize| usize::try_from(counts[place]).unwrap_or(usize::MAX);
    best.judged = judged[0];
    best.waited = count(1);
    trainer.steps = counts[2];
    Ok(count(0))
}

fn copy<T: Element>(kept: &Artifact, section: &'static str, to: &mut [T]) -> Result<()> {
    let from = kept.section::<T>(section)?.data;
    if from.len() != to.len() {
        return Err(Error::SectionShape {
            model: NAME,
            section,
            found: from.len(),
            expected: to.len(),
        });
    }
    to.copy_from_slice(from);
    Ok(())
}
