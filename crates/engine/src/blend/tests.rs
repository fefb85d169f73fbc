use marquee_cf::{Recommender, Result as Asked, silent};
use marquee_core::{
    Dataset, History, Interaction, ItemIdx, Repeats, ScoredItem, Timestamp, UserIdx,
};
use marquee_store::Artifact;
use marquee_testkit::conformance::{
    Answers, BlockWorld, Parts, Personalization, Refusal, Subject, Threads, Trained,
};

use super::{cases::Case, search::search, *};
use crate::{EngineError, ModelSpec, open_model::OpenModel};

fn config(members: &[&str], weights: &[f32]) -> BlendConfig {
    BlendConfig {
        members: members.iter().map(|&member| member.to_owned()).collect(),
        weights: weights.to_vec(),
        ..BlendConfig::default()
    }
}

/// Something that can be asked as a recommender.
struct Asking<T>(T, fn(&T) -> Box<dyn Recommender + '_>);

impl<T> Asking<T> {
    fn ask<A>(&self, question: impl FnOnce(&dyn Recommender) -> Asked<A>) -> Result<A, Refusal> {
        question(self.1(&self.0).as_ref()).map_err(|error| Refusal::of(&error))
    }
}

impl<T> Answers for Asking<T> {
    fn n_items(&self) -> usize {
        self.ask(|view| Ok(view.n_items())).unwrap()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<(), Refusal> {
        self.ask(|view| view.score_all(history, scores))
    }

    fn score(
        &self,
        history: &History,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> Result<(), Refusal> {
        self.ask(|view| view.score(history, items, scores))
    }

    fn best(&self, history: &History, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.ask(|view| view.best(history, k))
    }

    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>, Refusal> {
        self.ask(|view| view.similar_items(item, k))
    }

    fn explain(&self, history: &History, item: ItemIdx) -> Result<Parts, Refusal> {
        self.ask(|view| {
            let got = view.explain(history, item)?;
            let parts = got.contributions.iter();
            Ok(Parts {
                score: got.score,
                base: got.base,
                parts: parts.map(|part| (part.item, part.value)).collect(),
            })
        })
    }
}

#[test]
fn a_blend_is_a_model_like_any_other() {
    let members = ["item-knn", "ials:factors=8,iterations=4"];
    let train_with = |data: &Dataset, seed: u64, threads: Threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.0);
        let config = config(&members, &[0.7, 0.3]);
        let work = || train(data, &config, seed, &mut silent()).unwrap();
        let model = pool.build().unwrap().install(work);
        let bytes = model.to_artifact().unwrap().to_bytes().unwrap();
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        artifact.verify().unwrap();
        Trained {
            model: Box::new(Asking(model, |model| Box::new(model.view()))),
            reopened: Box::new(Asking(artifact, |artifact| {
                Box::new(BlendView::open(artifact).unwrap())
            })),
            bytes,
        }
    };
    let subject = Subject {
        train: &train_with,
        personalization: Personalization::ByHistory,
    };
    subject.check();
}

#[test]
fn scores_are_the_weighted_sum_of_normalized_scores() {
    let world = BlockWorld::small(3);
    let members = ["popularity", "item-knn"];
    let model = train(
        &world.data,
        &config(&members, &[1.0, 3.0]),
        1,
        &mut silent(),
    )
    .unwrap();
    let view = model.view();
    let history = &world.viewers[0].history;
    let mut got = vec![0.0; view.n_items()];
    view.score_all(history, &mut got).unwrap();
    let mut want = vec![0.0_f64; view.n_items()];
    for (name, weight) in members.iter().zip([1.0_f64, 3.0]) {
        let spec: ModelSpec = name.parse().unwrap();
        let member = crate::models::train(&spec, &world.data, 1, &mut silent()).unwrap();
        let mut scores = vec![0.0; view.n_items()];
        member
            .recommender()
            .score_all(history, &mut scores)
            .unwrap();
        let squares = scores.iter().map(|&score| f64::from(score).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        for (want, &score) in want.iter_mut().zip(&scores) {
            *want += weight * f64::from(score) / norm;
        }
    }
    for (&got, want) in got.iter().zip(want) {
        assert!((f64::from(got) - want).abs() < 1e-5, "{got} {want}");
    }
}

#[test]
fn the_search_finds_what_two_members_know_together() {
    // Member 0 knows the first case, member 1 the second, and each errs loudly once.
    let cases = [
        Case::new(vec![0.9, 0.1, 0.2, 0.3, 0.1, 0.3], vec![0]),
        Case::new(vec![0.3, 0.1, 0.2, 0.9, 0.25, 0.2], vec![1]),
    ];
    let (weights, _) = search(&cases, 2, 1);
    assert!(weights.iter().all(|&weight| weight > 0.0), "{weights:?}");
    assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    let values = super::search::ndcg(&cases, &weights, 1);
    assert_eq!(values, [1.0, 1.0]);
}

#[test]
fn a_member_that_only_harms_gets_no_weight() {
    let cases = [Case::new(vec![0.9, 0.0, 0.1, 0.8, 0.2, 0.9], vec![0])];
    let (weights, best) = search(&cases, 2, 10);
    assert_eq!((weights, best), (vec![1.0, 0.0], 0));
}

#[test]
fn a_blend_that_is_no_better_than_its_best_member_is_not_offered() {
    let world = BlockWorld::small(5);
    let twins = config(&["item-knn", "item-knn:neighbors=200"], &[]);
    let got = train(&world.data, &twins, 1, &mut silent());
    assert!(
        matches!(got, Err(EngineError::BlendNotBetter { .. })),
        "{got:?}"
    );
}

/// Half of the users follow what is popular, half their block: no member alone serves both.
fn two_worlds() -> Dataset {
    let mut all = Vec::new();
    for user in 0..400_u32 {
        let mut taken = std::collections::BTreeSet::new();
        for number in 0..60_u64 {
            let seed = u64::from(user) * 1000 + number;
            let draw = marquee_math::derive_seed(seed, b"draw") % 1000;
            let draw = u32::try_from(draw).unwrap();
            let item = if user % 2 == 0 {
                (draw * draw / 1000 / 10) % 100
            } else {
                (user % 5) * 20 + draw % 20
            };
            if taken.len() < 12 {
                taken.insert(item);
            }
        }
        all.extend(taken.into_iter().map(|item| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: 1.0,
            time: Timestamp::EPOCH,
        }));
    }
    Dataset::from_interactions(400, 100, &all, Repeats::KeepLast).unwrap()
}

#[test]
fn learned_weights_beat_the_best_member_on_a_mixed_world() {
    let members = ["popularity", "ials:factors=16,iterations=6"];
    let model = train(&two_worlds(), &config(&members, &[]), 1, &mut silent()).unwrap();
    assert_eq!(model.members.len(), 2);
}

#[test]
fn weights_for_users_to_come_are_learned_from_users_set_aside() {
    let members = ["popularity", "ials:factors=16,iterations=6"];
    let for_new = BlendConfig {
        cut: Cut::Users,
        ..config(&members, &[])
    };
    let model = train(&two_worlds(), &for_new, 1, &mut silent()).unwrap();
    assert_eq!(model.members.len(), 2);
    let weights = |model: &BlendModel| -> Vec<f32> {
        model.members.iter().map(|member| member.weight).collect()
    };
    let known = train(&two_worlds(), &config(&members, &[]), 1, &mut silent()).unwrap();
    assert_ne!(weights(&model), weights(&known));
}

#[track_caller]
fn check_refused(config: &BlendConfig, want: &str) {
    let world = BlockWorld::small(3);
    let got = train(&world.data, config, 1, &mut silent()).unwrap_err();
    assert!(got.to_string().contains(want), "{got}");
}

#[test]
fn what_makes_no_blend_is_refused() {
    check_refused(&config(&["ials"], &[]), "a blend needs 2 to 8 members");
    check_refused(&config(&["ials", "blend"], &[]), "that are no blends");
    check_refused(&config(&["ials", "nosuch"], &[]), "no model is named");
    let pair = ["popularity", "item-knn"];
    check_refused(&config(&pair, &[1.0]), "one for each of its 2 members");
    check_refused(&config(&pair, &[1.0, -1.0]), "none negative");
    check_refused(&config(&pair, &[1.0, 0.0]), "at least two above zero");
    check_refused(&config(&pair, &[f32::NAN, 1.0]), "none negative");
}

#[test]
fn a_damaged_member_is_named() {
    let world = BlockWorld::small(3);
    let pair = config(&["popularity", "item-knn"], &[1.0, 1.0]);
    let model = train(&world.data, &pair, 1, &mut silent()).unwrap();
    let bytes = model.to_artifact().unwrap().to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    let member = artifact
        .sections()
        .iter()
        .find(|one| one.name == "member.1");
    let at = usize::try_from(member.unwrap().offset).unwrap();
    let mut damaged = bytes.clone();
    damaged[at] ^= 1;
    let artifact = Artifact::from_bytes(&damaged).unwrap();
    let got = OpenModel::new(artifact).map(|_| ()).unwrap_err();
    assert!(got.to_string().contains("member.1"), "{got}");
}
