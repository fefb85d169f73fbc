//! Small tables for tests.

use std::sync::Arc;

use marquee_features::{
    FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, SequenceField, SideSchema,
    SparseField, TrainingTable,
};
use marquee_math::{Rng, rng};
use rand::RngExt as _;

fn field(name: &str, size: u32) -> SparseField {
    SparseField {
        name: name.into(),
        size,
    }
}

fn sequence(name: &str, size: u32, shares: Option<&str>) -> SequenceField {
    SequenceField {
        name: name.into(),
        size,
        max_len: 6,
        shares: shares.map(Into::into),
    }
}

/// Every kind of column.
pub(crate) fn schema() -> Arc<FeatureSchema> {
    Arc::new(FeatureSchema {
        request: SideSchema {
            dense: vec!["hour".into(), "age".into()],
            sparse: vec![field("viewer", 12), field("country", 4)],
        },
        row: SideSchema {
            dense: vec!["views".into(), "days".into()],
            sparse: vec![field("item", 9), field("genre", 5)],
        },
        sequences: vec![
            sequence("watched", 9, Some("item")),
            sequence("words", 7, None),
            sequence("places", 4, Some("country")),
        ],
    })
}

fn unit(drawn: &mut Rng) -> f32 {
    drawn.random_range(0.0..1.0)
}

fn dense(drawn: &mut Rng) -> [f32; 2] {
    let known = unit(drawn) > 0.2;
    let tail = (3.0 * unit(drawn)).exp();
    [if known { unit(drawn) * 5.0 } else { f32::NAN }, tail]
}

/// Requests of `rows` rows each, all values drawn; what follows depends on them.
pub(crate) fn table(n_requests: usize, rows: usize, seed: u64) -> TrainingTable {
    let mut drawn = rng(seed, 0);
    let mut features = FeatureTable::new(schema()).unwrap();
    let (mut open, mut watch, mut like, mut stars) = (vec![], vec![], vec![], vec![]);
    for _ in 0..n_requests {
        let viewer = drawn.random_range(0..12);
        let lists = [9, 7, 4].map(|size| -> Vec<u32> {
            let n = drawn.random_range(0..5);
            (0..n).map(|_| drawn.random_range(0..size)).collect()
        });
        let values = RequestValues {
            dense: &dense(&mut drawn),
            sparse: &[viewer, drawn.random_range(0..4)],
            sequences: &[&lists[0], &lists[1], &lists[2]],
        };
        features.push_request(values).unwrap();
        for _ in 0..rows {
            let item = drawn.random_range(0..9);
            let numbers = dense(&mut drawn);
            features
                .push_row(&numbers, &[item, drawn.random_range(0..5)])
                .unwrap();
            let liking = f32::from(u8::from((viewer + item) % 3 == 0));
            let chance = 0.1 + 0.6 * liking + 0.1 * f32::from(u8::from(lists[0].contains(&item)));
            let opened = unit(&mut drawn) < chance;
            open.push(f32::from(u8::from(opened)));
            let watched = (liking * 0.5 + 0.5 * unit(&mut drawn)).min(1.0);
            watch.push(if opened { watched } else { f32::NAN });
            let liked = opened.then(|| f32::from(u8::from(unit(&mut drawn) < 0.2 + 0.5 * liking)));
            like.push(liked.unwrap_or(f32::NAN));
            stars.push(3.0 * liking + numbers[1] * 0.1);
        }
    }
    let mut table = TrainingTable::of(features);
    let heads = [
        (Head::Open, open),
        (Head::WatchFraction, watch),
        (Head::Like, like),
        (Head::Custom("stars".into()), stars),
    ];
    table.labels = heads
        .into_iter()
        .map(|(head, values)| LabelColumn { head, values })
        .collect();
    for at in 0..table.position.len() {
        table.position[at] = u32::try_from(at % rows.max(1)).unwrap();
        table.propensity[at] = if at % 5 == 0 {
            f32::NAN
        } else {
            0.2 + 0.1 * (at % 4) as f32
        };
        table.weight[at] = 1.0 + (at % 3) as f32 * 0.5;
    }
    table
}
