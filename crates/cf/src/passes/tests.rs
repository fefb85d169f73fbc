use std::ops::ControlFlow;

use marquee_core::Dataset;
use marquee_testkit::conformance::BlockWorld;

use super::*;
use crate::{
    BprConfig, ContextModel, LightgcnConfig, RatingModel, Recommender, SasrecConfig, SasrecModel,
    Step, SvdppConfig, Watch, bpr, lightgcn, sasrec, silent, svdpp,
};

/// Keeps the state after pass `after`, and ends training after the pass that follows it.
struct Interrupter {
    after: usize,
    done: usize,
    kept: Option<Vec<u8>>,
}

impl Watch for Interrupter {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.done = step.iteration;
        if step.iteration > self.after {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn wants_state(&mut self) -> bool {
        self.done == self.after
    }

    fn keep_state(&mut self, state: ArtifactBuilder<'_>) -> Result<()> {
        self.kept = Some(state.to_bytes()?);
        Ok(())
    }
}

/// Begins from a state.
struct Resumer {
    state: Vec<u8>,
    first: Option<usize>,
}

impl Watch for Resumer {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.first.get_or_insert(step.iteration);
        ControlFlow::Continue(())
    }

    fn resume(&mut self) -> Result<Option<Artifact>> {
        Ok(Some(Artifact::from_bytes(&self.state)?))
    }
}

/// Says of pass `n` what stands at `n - 1`; of later ones that they are worse than anything.
struct Judge {
    gains: Vec<f64>,
    asked: usize,
}

impl Watch for Judge {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn judges(&self) -> bool {
        true
    }

    fn judge(&mut self, _: &dyn Recommender) -> Result<Option<f64>> {
        self.asked += 1;
        Ok(Some(
            self.gains.get(self.asked - 1).copied().unwrap_or(-1.0),
        ))
    }
}

type TrainTo = dyn Fn(&mut Progress<'_>) -> Result<Vec<u8>>;

#[track_caller]
fn check_resumes(after: usize, train: &TrainTo) {
    let whole = train(&mut silent()).unwrap();
    let mut interrupter = Interrupter {
        after,
        done: 0,
        kept: None,
    };
    let got = train(&mut interrupter);
    assert!(matches!(got, Err(Error::Stopped { iteration, .. }) if iteration == after + 1));
    let mut resumer = Resumer {
        state: interrupter.kept.unwrap(),
        first: None,
    };
    let resumed = train(&mut resumer).unwrap();
    assert_eq!(resumer.first, Some(after + 1));
    assert!(whole == resumed, "the bytes differ");
}

fn context_bytes(model: &ContextModel) -> Vec<u8> {
    model.to_artifact().to_bytes().unwrap()
}

fn world() -> Dataset {
    BlockWorld::small(3).data
}

#[test]
fn interrupted_bpr_ends_with_the_same_bytes() {
    let config = BprConfig {
        factors: 20,
        epochs: 12,
        batch: 64,
        validation_users: 30,
        patience: 5,
        ..BprConfig::default()
    };
    check_resumes(4, &move |progress| {
        let model = bpr::train(&world(), &config, 1, progress)?;
        Ok(context_bytes(&model))
    });
}

fn quick_lightgcn() -> LightgcnConfig {
    LightgcnConfig {
        factors: 8,
        epochs: 12,
        batch_users: 16,
        negatives: 30,
        validation_users: 30,
        ..LightgcnConfig::default()
    }
}

#[test]
fn interrupted_lightgcn_ends_with_the_same_bytes() {
    check_resumes(3, &|progress| {
        let model = lightgcn::train(&world(), &quick_lightgcn(), 1, progress)?;
        Ok(context_bytes(&model))
    });
}

#[test]
fn interrupted_sasrec_ends_with_the_same_bytes() {
    let config = SasrecConfig {
        factors: 8,
        hidden: 8,
        epochs: 5,
        negatives: 20,
        validation: 20,
        ..SasrecConfig::default()
    };
    check_resumes(2, &move |progress| {
        let model: SasrecModel = sasrec::train(&world(), &config, 1, progress)?;
        Ok(model.to_artifact().to_bytes()?)
    });
}

#[test]
fn interrupted_svdpp_ends_with_the_same_bytes() {
    let config = SvdppConfig {
        factors: 3,
        iterations: 4,
        samples: 5,
        ..SvdppConfig::default()
    };
    for after in [2, 6] {
        let config = config.clone();
        check_resumes(after, &move |progress| {
            let model: RatingModel = svdpp::train(&world(), &config, 1, progress)?;
            Ok(model.to_artifact().to_bytes()?)
        });
    }
}

/// Trains under a judge who says this; gives the vectors and how often the judge was asked.
fn judged(gains: &[f64]) -> (Vec<f32>, usize) {
    let config = LightgcnConfig {
        patience: 3,
        ..quick_lightgcn()
    };
    let mut judge = Judge {
        gains: gains.to_vec(),
        asked: 0,
    };
    let model = lightgcn::train(&world(), &config, 1, &mut judge).unwrap();
    (model.item_factors, judge.asked)
}

#[test]
fn the_pass_that_was_judged_best_is_kept() {
    let (second, asked) = judged(&[0.1, 0.3, 0.2, 0.3]);
    assert_eq!(asked, 5, "three passes without a better one");
    let (again, asked) = judged(&[0.2, 0.4]);
    assert!(asked == 5 && second == again);
    let (first, asked) = judged(&[0.4, 0.2]);
    assert!(asked == 4 && first != second);
}

#[test]
fn without_patience_nobody_is_asked() {
    let config = LightgcnConfig {
        epochs: 2,
        patience: 0,
        ..quick_lightgcn()
    };
    let mut judge = Judge {
        gains: vec![],
        asked: 0,
    };
    lightgcn::train(&world(), &config, 1, &mut judge).unwrap();
    assert_eq!(judge.asked, 0);
}

#[test]
fn state_of_another_training_is_refused() {
    let mut interrupter = Interrupter {
        after: 1,
        done: 0,
        kept: None,
    };
    drop(lightgcn::train(
        &world(),
        &quick_lightgcn(),
        1,
        &mut interrupter,
    ));
    let mut resumer = Resumer {
        state: interrupter.kept.unwrap(),
        first: None,
    };
    let wider = LightgcnConfig {
        factors: 9,
        ..quick_lightgcn()
    };
    let got = lightgcn::train(&world(), &wider, 1, &mut resumer);
    assert!(
        matches!(
            got,
            Err(Error::SectionShape {
                section: "items",
                ..
            })
        ),
        "{got:?}"
    );
    let got = bpr::train(&world(), &BprConfig::default(), 1, &mut resumer);
    assert!(matches!(got, Err(Error::Store(_))), "{got:?}");
}
