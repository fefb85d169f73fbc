//! What measuring costs next to scoring: lists of 100 for users with 30 items to find, of 40,000.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_eval::{Cutoffs, Evaluator, ItemGenres, Protocol, rank_case};
use marquee_math::rng;
use rand::RngExt;

const N_USERS: u32 = 3_000;
const N_ITEMS: u32 = 40_000;

/// Users with about 150 items each, low rows more often.
fn dataset() -> Dataset {
    let mut rng = rng(1, 0);
    let mut of_user = |user| {
        let item = rng
            .random_range(0..N_ITEMS)
            .min(rng.random_range(0..N_ITEMS));
        Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: 1.0,
            time: Timestamp::EPOCH,
        }
    };
    let pairs = (0..N_USERS).flat_map(|user| (0..150).map(move |_| user));
    let all: Vec<Interaction> = pairs.map(&mut of_user).collect();
    let (n_users, n_items) = (N_USERS as usize, N_ITEMS as usize);
    Dataset::from_interactions(n_users, n_items, &all, Repeats::KeepLast).unwrap()
}

fn evaluate(c: &mut Criterion) {
    let protocol: Protocol = "weak".parse().unwrap();
    let fold = protocol.fold(&dataset(), 0, 1).unwrap();
    let cutoffs: Cutoffs = "10,20,50,100".parse().unwrap();
    let mut rng = rng(2, 0);
    let scores: Vec<f32> = (0..N_ITEMS).map(|_| rng.random_range(0.0..1.0)).collect();
    let ranked: Vec<Vec<ItemIdx>> = fold
        .test()
        .iter()
        .map(|case| rank_case(&mut scores.clone(), &case, 100))
        .collect();
    let words: Vec<String> = (0..20).map(|n| format!("genre {n}")).collect();
    let of_items: Vec<&[String]> = (0..N_ITEMS as usize)
        .map(|item| &words[item % 18..item % 18 + 3])
        .collect();
    let genres = ItemGenres::new(&of_items);
    let mut group = c.benchmark_group("3,000 users, lists of 100, 40,000 items");
    group.throughput(Throughput::Elements(u64::from(N_USERS)));
    group.sample_size(20);
    group.bench_function("record and summarize", |bencher| {
        bencher.iter(|| {
            let evaluator = Evaluator::new(fold.test(), &cutoffs);
            for (case, list) in ranked.iter().enumerate() {
                evaluator.record(case, list).unwrap();
            }
            evaluator.finish().unwrap().summary()
        });
    });
    group.bench_function("with diversity of genres", |bencher| {
        bencher.iter(|| {
            let evaluator = Evaluator::new(fold.test(), &cutoffs).with_genres(&genres);
            for (case, list) in ranked.iter().enumerate() {
                evaluator.record(case, list).unwrap();
            }
            evaluator.finish().unwrap().summary()
        });
    });
    group.bench_function("rank from scores", |bencher| {
        let mut row = scores.clone();
        bencher.iter(|| {
            for case in fold.test().iter() {
                row.copy_from_slice(&scores);
                rank_case(&mut row, &case, 100);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
