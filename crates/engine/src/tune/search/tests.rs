use std::ops::ControlFlow;

use marquee_cf::silent;
use marquee_core::Dataset;
use marquee_testkit::interactions::{InteractionsConfig, LatentInteractions};
use toml::Value;

use super::*;
use crate::tune::{default_space, read_spaces};

fn data() -> Dataset {
    let config = InteractionsConfig {
        users: 120,
        items: 60,
        interactions: 2400,
        topics: 4,
        seed: 3,
    };
    LatentInteractions::generate(&config).dataset
}

fn goal() -> Goal {
    Goal {
        metric: "ndcg@10".parse().unwrap(),
        seed: 42,
        race: 2.0,
    }
}

fn search<'a>(cut: &'a Cut, goal: Goal, model: &str) -> Search<'a> {
    let base: ModelSpec = model.parse().unwrap();
    let space = default_space(base.name()).unwrap();
    Search::new(cut, goal, base, &space).unwrap()
}

fn go_on(search: &mut Search<'_>, n_trials: usize) {
    while search.trials().len() < n_trials {
        let Some(spec) = search.propose() else {
            return;
        };
        let trial = search.judge(&spec, &mut silent()).unwrap();
        search.add(trial);
    }
}

/// A trial with a merit that is given, not measured.
fn told_trial(search: &Search<'_>, spec: ModelSpec, value: f64) -> Trial {
    Trial {
        number: search.trials().len() + 1,
        spec,
        values: vec![vec![narrow(value)]; search.cut.folds().len()],
        n_folds: search.cut.folds().len(),
        error: None,
        seconds: 0.0,
    }
}

fn without_seconds(search: &Search<'_>) -> Vec<Trial> {
    let trials = search.trials().iter().cloned();
    trials
        .map(|trial| Trial {
            seconds: 0.0,
            ..trial
        })
        .collect()
}

#[test]
fn first_trial_has_the_defaults_and_what_is_fixed_stays() {
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let mut search = search(&cut, goal(), "rp3beta:beta=0.3");
    go_on(&mut search, 12);
    assert_eq!(search.trials()[0].spec.to_string(), "rp3beta:beta=0.3");
    for trial in search.trials() {
        assert_eq!(trial.spec.params()["beta"], Value::Float(0.3));
    }
    let specs: HashSet<String> = search
        .trials()
        .iter()
        .map(|one| one.spec.to_string())
        .collect();
    assert_eq!(specs.len(), 12, "no parameters are tried twice");
    let gain = search.gain().unwrap();
    assert!(
        gain.difference.mean >= 0.0,
        "the best is at least as good as the defaults"
    );
}

#[test]
fn interrupted_search_ends_as_an_uninterrupted_one() {
    let cut = Cut::nested(&data(), "strong:folds=4".parse().unwrap(), 5, 3).unwrap();
    let mut whole = search(&cut, goal(), "rp3beta");
    go_on(&mut whole, 16);
    for stop in [1, 7, 13] {
        let mut again = search(&cut, goal(), "rp3beta");
        for trial in &whole.trials()[..stop] {
            // As from a state file.
            let text = serde_json::to_string(trial).unwrap();
            again.replay(serde_json::from_str(&text).unwrap()).unwrap();
        }
        go_on(&mut again, 16);
        assert_eq!(without_seconds(&again), without_seconds(&whole));
        assert_eq!(again.best().unwrap().spec, whole.best().unwrap().spec);
    }
}

#[test]
fn trials_of_another_search_are_refused() {
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let mut one = search(&cut, goal(), "rp3beta");
    go_on(&mut one, 3);
    let mut other = search(&cut, Goal { seed: 43, ..goal() }, "rp3beta");
    other.replay(one.trials()[0].clone()).unwrap();
    let error = other.replay(one.trials()[1].clone()).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Tune(TuneError::Replay { number: 2, .. })
        ),
        "{error}"
    );
}

#[test]
fn threads_change_nothing() {
    let cut = Cut::nested(&data(), "strong:folds=4".parse().unwrap(), 5, 2).unwrap();
    let trials = [1, 3].map(|n| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        pool.install(|| {
            let mut search = search(&cut, goal(), "item-knn");
            go_on(&mut search, 12);
            without_seconds(&search)
        })
    });
    assert_eq!(trials[0], trials[1]);
}

#[test]
fn failed_trials_are_kept_and_end_nothing() {
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let text = "[ease]\nregularization = [-1.0, 0.0, 50.0, 300.0]";
    let space = &read_spaces(text).unwrap()["ease"];
    let mut search = Search::new(&cut, goal(), "ease".parse().unwrap(), space).unwrap();
    go_on(&mut search, 40);
    // The defaults, once without a word and once spelled out, and the others: then nothing is new.
    assert_eq!(search.trials().len(), 5);
    assert!(search.propose().is_none());
    let failed: Vec<&Trial> = search
        .trials()
        .iter()
        .filter(|one| one.status() == Status::Failed)
        .collect();
    assert_eq!(failed.len(), 2);
    let error = failed[0].error.as_ref().unwrap();
    assert!(error.contains("ease: regularization is"), "{error}");
    assert_eq!(search.ranked()[3].status(), Status::Failed);
    assert_eq!(search.best().unwrap().status(), Status::Complete);
}

#[test]
fn stop_ends_the_search_without_a_trial() {
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let search = search(&cut, goal(), "ials:factors=8");
    let got = search.judge(&search.propose().unwrap(), &mut |_: &marquee_cf::Step| {
        ControlFlow::Break(())
    });
    let is_stopped = matches!(
        got,
        Err(EngineError::Model(marquee_cf::Error::Stopped { .. }))
    );
    assert!(is_stopped, "{got:?}");
}

#[test]
fn trial_that_is_behind_is_not_continued_and_the_winner_is_kept() {
    let cut = Cut::nested(&data(), "strong:folds=4".parse().unwrap(), 5, 4).unwrap();
    let mut all = search(
        &cut,
        Goal {
            race: f64::INFINITY,
            ..goal()
        },
        "rp3beta",
    );
    go_on(&mut all, 10);
    assert!(
        all.trials()
            .iter()
            .all(|one| one.status() == Status::Complete)
    );
    // The first trials do not depend on what was learned, so both searches make the same.
    let mut raced = search(&cut, goal(), "rp3beta");
    go_on(&mut raced, 10);
    let n_trained =
        |search: &Search<'_>| -> usize { search.trials().iter().map(|one| one.values.len()).sum() };
    assert!(
        n_trained(&raced) < n_trained(&all),
        "{} folds",
        n_trained(&raced)
    );
    assert_eq!(raced.best().unwrap().spec, all.best().unwrap().spec);
    for (whole, part) in all.trials().iter().zip(raced.trials()) {
        assert_eq!(whole.values[..part.values.len()], part.values);
    }
}

/// Merit of a point: a hill at `x = 0.7`, `y = 3e-3`, better with `b` than without.
fn hill(spec: &ModelSpec) -> f64 {
    let number = |name: &str| spec.params().get(name).and_then(Value::as_float);
    let x = number("alpha").unwrap_or(0.1);
    let y = number("beta").unwrap_or(1.0);
    let far = (x - 0.7).powi(2) + ((y.ln() - 3e-3_f64.ln()) / 7.0).powi(2);
    let n = spec.params().get("neighbors").and_then(Value::as_integer);
    1.0 - far - if n == Some(50) { 0.0 } else { 0.2 }
}

#[test]
fn learning_beats_drawing_at_random() {
    let text = r#"
        [rp3beta]
        alpha = { min = 0.0, max = 2.0 }
        beta = { min = 1e-4, max = 1.0, scale = "log" }
        neighbors = [10, 50, 100, 500]
    "#;
    let space = &read_spaces(text).unwrap()["rp3beta"];
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let (mut learned, mut random) = (0.0, 0.0);
    for seed in 0..10 {
        let goal = Goal { seed, ..goal() };
        let new = || Search::new(&cut, goal, "rp3beta".parse().unwrap(), space).unwrap();
        let mut search = new();
        while search.trials().len() < 40 {
            let spec = search.propose().unwrap();
            let trial = told_trial(&search, spec.clone(), hill(&spec));
            search.add(trial);
        }
        learned += 1.0 - search.best().unwrap().mean().unwrap();
        let blind = new();
        let mut rng = rng(seed, 77);
        let draws = (0..40).filter_map(|_| blind.anywhere(&mut rng));
        random += 1.0 - draws.map(|spec| hill(&spec)).fold(f64::MIN, f64::max);
    }
    assert!(learned < 0.5 * random, "learned {learned}, random {random}");
}

#[test]
fn goals_that_are_none_are_refused() {
    let cut = Cut::random(&data(), 1, 1).unwrap();
    let space = default_space("rp3beta").unwrap();
    let refused = |goal: Goal, model: &str| {
        let base = model.parse().unwrap();
        Search::new(&cut, goal, base, &space)
            .unwrap_err()
            .to_string()
    };
    for name in ["rmse", "gini@10", "novelty@10"] {
        let metric = name.parse().unwrap();
        let error = refused(Goal { metric, ..goal() }, "rp3beta");
        assert!(
            error.contains(name) && error.contains("expected recall"),
            "{error}"
        );
    }
    let error = refused(
        Goal {
            race: f64::NAN,
            ..goal()
        },
        "rp3beta",
    );
    assert!(error.contains("race"), "{error}");
    let error = refused(goal(), "rp3beta:alpha=1,beta=0,neighbors=10");
    assert!(error.contains("fixed already"), "{error}");
    let error = refused(goal(), "rp3beta:alfa=1");
    assert!(error.contains("parameters of model rp3beta"), "{error}");
}
