use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::{BlockWorld, Personalization};

use super::*;
use crate::{EdlaeConfig, Error, SparseItemModel, conformance::Case, edlae, silent};

fn case(train: fn(&Dataset, u64) -> Result<SparseItemModel>) -> Case<SparseItemModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: SparseItemModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    }
}

#[test]
fn conforms() {
    let case = case(|data, _| {
        let config = SparseEaseConfig {
            neighbors: 20,
            regularization: 20.0,
            ..Default::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

/// All weights of the sparse model, and those of a dense one.
#[track_caller]
fn check_equal(sparse: &SparseItemModel, dense: &[f32], n_items: usize) {
    let mut found = vec![0.0_f32; n_items * n_items];
    for (source, row) in sparse.view().weights().rows().enumerate() {
        for (place, &target) in row.columns.iter().enumerate() {
            found[source * n_items + target as usize] = row.weight(place);
        }
    }
    for (at, (got, want)) in found.iter().zip(dense).enumerate() {
        assert!((got - want).abs() < 1e-5, "{at}: {got} is not {want}");
    }
}

/// Every pair of items shares a user, so that no regression leaves an item out: user `u` touches all
/// but `u % 4` items, each with a weight of his own.
fn connected() -> Dataset {
    let pairs = (0..40_u32).flat_map(|user| (user % 4..8).map(move |item| (user, item)));
    let interactions: Vec<Interaction> = pairs
        .map(|(user, item)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: f32::from(u8::try_from(1 + (user * 7 + item * item * 3) % 5).unwrap()),
            time: Timestamp::EPOCH,
        })
        .collect();
    Dataset::from_interactions(40, 8, &interactions, Repeats::KeepLast).unwrap()
}

#[test]
fn with_all_neighbors_it_is_edlae() {
    let config = SparseEaseConfig {
        neighbors: 8,
        regularization: 3.0,
        dropout: 0.2,
        user_exponent: 0.5,
        popularity_exponent: 0.3,
        ..Default::default()
    };
    let sparse = train(&connected(), &config, &mut silent()).unwrap();
    let config = EdlaeConfig {
        regularization: 3.0,
        dropout: 0.2,
        user_exponent: 0.5,
        popularity_exponent: 0.3,
        ..Default::default()
    };
    let dense = edlae::train(&connected(), &config, &mut silent()).unwrap();
    check_equal(&sparse, dense.view().weights(), 8);
}

#[test]
fn no_item_has_more_neighbors_than_asked_for() {
    let data = BlockWorld::skewed(3).data;
    let config = SparseEaseConfig {
        neighbors: 7,
        ..Default::default()
    };
    let model = train(&data, &config, &mut silent()).unwrap();
    let by_target = model.view().weights().transposed();
    assert!(by_target.view().rows().all(|row| row.len() <= 7));
}

#[test]
fn both_ways_of_gathering_give_the_same_system() {
    let data = BlockWorld::skewed(3).data;
    let gram = crate::gram::sparse("m", &data, 0.0, u64::MAX).unwrap();
    let gram = gram.view();
    let diagonal = vec![1.0; data.n_items()];
    // Three items of long rows are searched for; the whole row is walked for many.
    for n in [3, 100] {
        let mut support = support::Support::new(data.n_items());
        support.choose(gram, 5, &diagonal, n);
        let mut system = Vec::new();
        support.system(gram, &mut system);
        let size = support.items.len();
        for (a, &left) in support.items.iter().enumerate() {
            for (b, &right) in support.items.iter().enumerate().skip(a) {
                let row = gram.row(left as usize);
                let place = row.columns.iter().position(|&c| c == right);
                let want = place.map_or(0.0, |place| f64::from(row.weight(place)));
                assert!((system[a * size + b] - want).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn too_little_memory_is_refused() {
    let data = BlockWorld::small(3).data;
    let config = SparseEaseConfig {
        max_memory_gib: 1e-6,
        ..Default::default()
    };
    let got = train(&data, &config, &mut silent());
    assert!(matches!(got, Err(Error::Memory { .. })));
}
