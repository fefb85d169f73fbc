use marquee_cf::{Error, LightgcnConfig, lightgcn};
use marquee_core::{Dataset, Interaction, Repeats, Timestamp, UserIdx};
use marquee_eval::{Fold, GivenSplit};

use super::*;

fn touches(of: impl Fn(u32) -> Vec<u32>) -> Dataset {
    let all: Vec<Interaction> = (0..40)
        .flat_map(|user| of(user).into_iter().map(move |item| (user, item)))
        .map(|(user, item)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: 1.0,
            time: Timestamp::EPOCH,
        })
        .collect();
    Dataset::from_interactions(40, 20, &all, Repeats::KeepLast).unwrap()
}

/// Two groups of users with ten items each, one of which is set aside for validation.
fn fold() -> Fold {
    let item = |user: u32, at: u32| (user % 2) * 10 + (user / 2 + at) % 10;
    let split = GivenSplit {
        train: touches(|user| (0..5).map(|at| item(user, at)).collect()),
        validation: Some(touches(|user| vec![item(user, 5)])),
        test: touches(|user| vec![item(user, 6)]),
    };
    split.fold().unwrap()
}

fn config() -> LightgcnConfig {
    LightgcnConfig {
        factors: 4,
        epochs: 6,
        batch_users: 8,
        patience: 6,
        ..LightgcnConfig::default()
    }
}

#[test]
fn passes_are_judged_by_the_mean_over_the_cases() {
    let fold = fold();
    let mut judged = Vec::new();
    let mut progress = |step: &Step| {
        judged.extend(step.judged);
        ControlFlow::Continue(())
    };
    let mut guide = Guide::new(&mut progress).judging(fold.validation(), JudgedBy::Lists);
    let model = lightgcn::train(fold.train(), &config(), 1, &mut guide).unwrap();
    let measured = crate::evaluation::measure(
        &model.view(),
        fold.validation(),
        crate::evaluation::Measure {
            cutoffs: &"20".parse().unwrap(),
            genres: None,
        },
    );
    let values = measured
        .unwrap()
        .values("ndcg@20".parse().unwrap())
        .unwrap();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let best = judged.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!((mean - best).abs() < 1e-6, "{mean} of {judged:?}");
}

#[test]
fn ratings_are_judged_by_their_error() {
    let fold = fold();
    let mut progress = marquee_cf::silent();
    let mut guide = Guide::new(&mut progress).judging(fold.validation(), JudgedBy::Ratings);
    let spec: crate::ModelSpec = "biased-mf:samples=0,iterations=3".parse().unwrap();
    let model = crate::models::train(&spec, fold.train(), 1, &mut guide).unwrap();
    // Every rating is one, and so is every prediction.
    let found = guide.judge(model.recommender().as_ref()).unwrap().unwrap();
    assert!(found.abs() < 1e-3, "{found}");
}

/// Stops after so many passes.
fn until(last: usize) -> impl FnMut(&Step) -> ControlFlow<()> {
    move |step| {
        if step.iteration < last {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

#[test]
fn kept_state_is_taken_up_by_the_same_training_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    let fold = fold();
    let kept = |training: &str| KeptState::new(path.clone(), training.to_owned(), Duration::ZERO);
    let train = |progress: &mut Progress<'_>, training: &str| {
        let mut guide = Guide::new(progress).keeping(kept(training));
        lightgcn::train(fold.train(), &config(), 1, &mut guide)
    };
    let stopped = train(&mut until(4), "one");
    assert!(matches!(stopped, Err(Error::Stopped { iteration: 4, .. })));
    let first_step = |training: &str| {
        let mut first = None;
        let mut progress = |step: &Step| {
            first.get_or_insert(step.iteration);
            ControlFlow::Break(())
        };
        drop(train(&mut progress, training));
        first
    };
    assert_eq!(first_step("one"), Some(4));
    assert_eq!(first_step("two"), Some(1));
    std::fs::write(&path, b"torn").unwrap();
    assert_eq!(first_step("one"), Some(1));
}
