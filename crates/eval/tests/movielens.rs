//! Popularity under the strong protocol on MovieLens 100K, against the figures that other programs
//! get: the evaluator has to be right before any model is believed.
//!
//! The data may not be passed on and is not part of the project. Where the environment variable
//! `MARQUEE_SHARED_DATA` names a folder with `ml-100k/ratings.csv.gz` (header
//! `user_id,item_id,rating,timestamp`), the test runs; elsewhere it says that it did not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs::File, io::Read, path::PathBuf};

use flate2::read::GzDecoder;
use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx, Vocabulary};
use marquee_eval::{
    Cutoffs, Evaluation, Evaluator, Mean, Protocol, StrongSplit, rank_case, users_with_at_least,
};

/// Ratings of at least 4, of users with at least five such.
fn liked() -> Option<Dataset> {
    let folder = PathBuf::from(std::env::var_os("MARQUEE_SHARED_DATA")?);
    let file = File::open(folder.join("ml-100k/ratings.csv.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let (mut users, mut items) = (Vocabulary::default(), Vocabulary::default());
    let mut all = Vec::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[2].parse::<f32>().unwrap() >= 4.0 {
            all.push(Interaction {
                user: UserIdx(users.insert(fields[0]).unwrap()),
                item: ItemIdx(items.insert(fields[1]).unwrap()),
                weight: 1.0,
                time: Timestamp::from_seconds(fields[3].parse().unwrap()),
            });
        }
    }
    let data = Dataset::from_interactions(users.len(), items.len(), &all, Repeats::KeepLast);
    Some(users_with_at_least(&data.unwrap(), 5).0)
}

fn evaluate_popularity(data: &Dataset, protocol: Protocol, seed: u64) -> Evaluation {
    let cutoffs: Cutoffs = "10,20,100".parse().unwrap();
    let of_fold = |number| {
        let fold = protocol.fold(data, number, seed).unwrap();
        let rows = fold.train().by_item().rows();
        let counts: Vec<f32> = rows.map(|row| row.len() as f32).collect();
        let evaluator = Evaluator::new(fold.test(), &cutoffs);
        for (case, of_case) in fold.test().iter().enumerate() {
            let ranked = rank_case(&mut counts.clone(), &of_case, cutoffs.longest().get());
            evaluator.record(case, &ranked).unwrap();
        }
        evaluator.finish().unwrap()
    };
    let mut all = of_fold(0);
    for number in 1..protocol.n_folds() {
        all.append(&of_fold(number)).unwrap();
    }
    all
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "says why it did not run, or what it found"
)]
fn popularity_is_as_good_as_elsewhere() {
    let Some(data) = liked() else {
        eprintln!("not run: MARQUEE_SHARED_DATA is not set");
        return;
    };
    assert_eq!((data.n_users(), data.n_interactions()), (938, 55_361));
    let got = evaluate_popularity(&data, Protocol::Strong(StrongSplit::default()), 1);
    assert_eq!(got.n_cases(), 938);
    let summary = got.summary();
    for (name, mean) in summary.metrics() {
        eprintln!("{name:>20} {:.4} {:?} ({})", mean.mean, mean.se, mean.n);
    }
    for (name, elsewhere) in [
        ("ndcg@10", 0.162),
        ("ndcg@100", 0.273),
        ("recall_min@20", 0.211),
    ] {
        let Mean { mean, se, .. } = summary.get(name.parse().unwrap()).unwrap();
        // Both draw their own items to find: two standard errors of a difference of two such means.
        let allowed = 2.0 * 2.0_f64.sqrt() * se.unwrap();
        assert!((mean - elsewhere).abs() < allowed, "{name} is {mean}");
        assert!(se.unwrap() < 0.010, "{name} has standard error {se:?}");
    }
}
