use super::*;

fn data() -> LatentInteractions {
    LatentInteractions::generate(&InteractionsConfig::small(3))
}

fn scores(data: &LatentInteractions, user: u32) -> Vec<f32> {
    let mut scores = vec![0.0; data.dataset.n_items()];
    data.scores(UserIdx(user), &mut scores);
    scores
}

#[test]
fn sizes_are_met() {
    let data = data();
    assert_eq!(data.dataset.n_users(), 1_000);
    assert_eq!(data.dataset.n_items(), 1_700);
    let off = data.dataset.n_interactions() as f64 / 100_000.0 - 1.0;
    assert!(off.abs() < 0.03, "{}", data.dataset.n_interactions());
    for row in data.dataset.by_user().rows() {
        assert!(row.len() <= 425 && row.columns.is_sorted_by(|a, b| a < b));
    }
}

#[test]
fn scores_are_probabilities() {
    let data = data();
    for user in 0..50 {
        let scores = scores(&data, user);
        let total: f64 = scores.iter().map(|&p| f64::from(p)).sum();
        assert!((total - 1.0).abs() < 1e-3, "{total}");
        assert!(scores.iter().all(|&p| p > 0.0));
    }
}

#[test]
fn users_have_what_their_own_scores_favor() {
    let data = data();
    let mut better = 0;
    for user in 0..500 {
        let (own, other) = (scores(&data, user), scores(&data, user + 500));
        let had = data.dataset.by_user().row(user as usize).columns;
        let likelihood = |of: &[f32]| -> f64 {
            had.iter()
                .map(|&item| f64::from(of[item as usize]).ln())
                .sum()
        };
        better += usize::from(likelihood(&own) > likelihood(&other));
    }
    assert!(better > 480, "{better} of 500");
}

#[test]
fn first_items_follow_the_scores() {
    let config = InteractionsConfig::small(5);
    let phi = topics(&config);
    let theta = mixture(config.topics, &mut Draw::new(1, 1));
    let topic = alias(&theta);
    let aliases: Vec<Alias> = phi.iter().map(|topic| alias(topic)).collect();
    let mut counts = vec![0.0; config.items];
    let mut draw = Draw::new(2, 2);
    let n = 200_000;
    for _ in 0..n {
        let topic = topic.draw(&mut draw) as usize;
        counts[aliases[topic].draw(&mut draw) as usize] += 1.0;
    }
    let mut square = 0.0;
    let mut cells = 0;
    for item in 0..config.items {
        let p: f64 = (0..theta.len()).map(|t| theta[t] * phi[t][item]).sum();
        let expected = p * f64::from(n);
        if expected >= 5.0 {
            square += (counts[item] - expected).powi(2) / expected;
            cells += 1;
        }
    }
    let deviations = (square - f64::from(cells)) / (2.0 * f64::from(cells)).sqrt();
    assert!(
        deviations.abs() < 5.0,
        "chi-square {square} of {cells} cells"
    );
}

#[test]
fn threads_do_not_matter_and_the_seed_does() {
    let config = InteractionsConfig::small(9);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| LatentInteractions::generate(&config))
    };
    assert_eq!(on(1), on(2));
    let other = LatentInteractions::generate(&InteractionsConfig::small(10));
    assert_ne!(on(1).dataset, other.dataset);
}
