//! Asking a model: the best of a large catalog, and titles that it was not trained on.

use super::*;

#[test]
fn the_best_of_a_large_catalog_are_looked_up_and_are_those_of_all_scores() {
    let n_items = 9_000;
    let mut all = Vec::new();
    for user in 0..300_u32 {
        for step in 0..60_u32 {
            let item = (user % 10 * 900 + (user * 31 + step * step * 7) % 900) % n_items;
            all.push(marquee_core::Interaction {
                user: marquee_core::UserIdx(user),
                item: ItemIdx(item),
                weight: 1.0,
                time: marquee_core::Timestamp::EPOCH,
            });
        }
    }
    let repeats = marquee_core::Repeats::KeepLast;
    let data = Dataset::from_interactions(300, n_items as usize, &all, repeats).unwrap();
    let config = AlsConfig {
        factors: 20,
        iterations: 2,
        ..AlsConfig::default()
    };
    let model = train(&data, &config, 1, &mut crate::silent()).unwrap();
    let bytes = model.to_artifact().to_bytes().unwrap();
    let artifact = marquee_store::Artifact::from_bytes(&bytes).unwrap();
    let view = AlsView::open(&artifact).unwrap();
    assert!(artifact.has("item_codes"));
    for user in [0, 7, 299] {
        let history = marquee_core::history_of(data.by_user().row(user));
        let mut scores = vec![0.0; n_items as usize];
        view.score_all(&history, &mut scores).unwrap();
        for k in [1, 100, 5_000] {
            let want = marquee_math::top_k(&scores, k).into_iter();
            let want: Vec<_> = want.map(crate::recommender::scored_item).collect();
            assert_eq!(view.best(&history, k).unwrap(), want);
        }
        let best = marquee_math::top_k(&scores, 50);
        let near = view.near_best(&history, 50).unwrap();
        let score = |found: &marquee_core::ScoredItem| scores[found.item.index()];
        assert!(
            near.iter()
                .all(|found| found.score.to_bits() == score(found).to_bits())
        );
        assert!(near.is_sorted_by(|left, right| left.score >= right.score));
        let hits = near.iter().filter(|found| found.score >= best[49].score);
        assert!(hits.count() >= 40);
        // As many as a ranker is given: what is missed is at the end.
        let best = marquee_math::top_k(&scores, 300);
        let near = view.near_best(&history, 300).unwrap();
        let above = |least: f32| near.iter().filter(|found| found.score >= least).count();
        assert!(above(best[99].score) >= 99 && above(best[299].score) >= 290);
    }
}

/// The minimum of the loss for a new item, by dense algebra.
fn plain_item(model: &AlsModel, viewers: &[&[HistoryEntry]], exposure: f64) -> DVector<f64> {
    let d = model.spectrum.len();
    let config = &model.config;
    let unseen = f64::from(config.unobserved_weight) * exposure;
    let confidence = model.confidence.of_weight(1.0);
    let support = confidence * viewers.len() as f64 + unseen * model.n_users as f64;
    let exponent = f64::from(config.regularization_exponent);
    let own = f64::from(config.regularization) * support.powf(exponent);
    let gram = model.user_gram.iter().map(|&value| f64::from(value));
    let mut system = DMatrix::from_iterator(d, d, gram) * unseen;
    system += DMatrix::identity(d, d) * own;
    let mut target = DVector::zeros(d);
    for viewer in viewers {
        let x = plain_fold_in(model, viewer);
        system += &x * x.transpose() * confidence;
        target += x * confidence;
    }
    system.lu().solve(&target).unwrap()
}

#[test]
fn a_new_item_is_the_minimum_of_the_formula_and_scores_like_one_that_was_trained() {
    let data = weighted();
    let config = AlsConfig {
        iterations: 30,
        ..small(AlsSolver::Cholesky)
    };
    let model = train(&data, &config, 1, &mut crate::silent()).unwrap();
    let view = model.view();
    let histories = histories(&data);
    let viewers: Vec<&[HistoryEntry]> = histories.iter().take(5).map(Vec::as_slice).collect();
    for exposure in [1.0, 0.1] {
        let got = view.fold_in_item(&viewers, exposure).unwrap().unwrap();
        let want = plain_item(&model, &viewers, exposure);
        for (got, want) in got.iter().zip(want.iter()) {
            assert!((f64::from(*got) - want).abs() < 1e-4, "{got} {want}");
        }
    }
    let got = view.fold_in_item(&viewers, 1.0).unwrap().unwrap();
    // It scores by its vector, after writing and reading, too.
    let bytes = model.to_artifact().to_bytes().unwrap();
    let artifact = marquee_store::Artifact::from_bytes(&bytes).unwrap();
    let view = AlsView::open(&artifact).unwrap();
    let item = view.new_item(&viewers, 1.0).unwrap().unwrap();
    let mut scores = [0.0];
    view.score_new(&histories[0], &[&item], &mut scores)
        .unwrap();
    let viewer = view.fold_in(&histories[0]).unwrap();
    assert_eq!(
        scores[0].to_bits(),
        marquee_math::dot(&got, &viewer).to_bits()
    );
    let wrong = crate::NewItem(vec![1.0]);
    let refused = view.score_new(&histories[0], &[&wrong], &mut scores);
    assert!(matches!(refused, Err(Error::SectionShape { .. })));
}

#[test]
fn those_who_are_like_its_first_viewers_score_a_new_item_higher() {
    // Two groups with tastes of their own; three of the first group have watched something new.
    let mut all = Vec::new();
    for user in 0..40_u32 {
        for step in 0..8_u32 {
            all.push(marquee_core::Interaction {
                user: marquee_core::UserIdx(user),
                item: ItemIdx(user % 2 * 20 + (user * 7 + step * 3) % 20),
                weight: 1.0,
                time: marquee_core::Timestamp::EPOCH,
            });
        }
    }
    let repeats = marquee_core::Repeats::KeepLast;
    let data = Dataset::from_interactions(40, 40, &all, repeats).unwrap();
    let model = train(&data, &small(AlsSolver::Cholesky), 1, &mut crate::silent()).unwrap();
    let view = model.view();
    let histories = histories(&data);
    let viewers = [0, 2, 4].map(|user| histories[user].as_slice());
    let item = view.new_item(&viewers, 1.0).unwrap().unwrap();
    let score = |history: &[HistoryEntry]| {
        let mut scores = [0.0];
        view.score_new(history, &[&item], &mut scores).unwrap();
        scores[0]
    };
    let mean = |group: usize| {
        let mine = histories.iter().skip(group).step_by(2);
        mine.map(|history| score(history)).sum::<f32>() / 20.0
    };
    let (own, others) = (mean(0), mean(1));
    assert!(own > 0.1 && others.abs() < 0.3 * own, "{own} {others}");
}
