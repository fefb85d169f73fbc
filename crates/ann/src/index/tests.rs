use marquee_math::Scored;
use marquee_store::Artifact;
use proptest::prelude::*;

use super::*;
use crate::{Allowed, exact};

const D: usize = 12;

/// Groups of rows around common directions; row lengths are spread by `spread` (log-normal).
fn groups(n: usize, spread: f32, seed: u64) -> Vec<f32> {
    let mut rng = marquee_math::rng(seed, 0);
    let mut directions = vec![0.0; 20 * D];
    marquee_math::fill_normal(&mut rng, 1.0, &mut directions);
    let mut rows = vec![0.0; n * D];
    marquee_math::fill_normal(&mut rng, 0.5, &mut rows);
    let mut lengths = vec![0.0; n];
    marquee_math::fill_normal(&mut rng, f64::from(spread), &mut lengths);
    for (index, (row, length)) in rows.chunks_mut(D).zip(lengths).enumerate() {
        let direction = &directions[index * 7 % 20 * D..][..D];
        for (number, direction) in row.iter_mut().zip(direction) {
            *number = (*number + direction) * length.exp();
        }
    }
    rows
}

fn table(data: &[f32]) -> Table<'_> {
    Table::new(data, D).unwrap()
}

fn built(data: &[f32]) -> Index {
    Index::build(table(data), &IndexConfig::default(), 42).unwrap()
}

fn wide(index: &Index) -> Width {
    Width {
        probes: index.parts.n_lists,
        rescored: index.parts.n_rows,
    }
}

fn pairs(list: &[Scored]) -> Vec<(u32, u32)> {
    let pair = |scored: &Scored| (scored.index, scored.score.to_bits());
    list.iter().map(pair).collect()
}

/// A word of bits that are set with probability `2⁻ʰ`.
fn bits(n: usize, halvings: u64, seed: u64) -> Vec<u64> {
    let draw = |word: usize, turn: u64| {
        marquee_math::derive_seed(seed, &[word as u64, turn].map(u64::to_le_bytes).concat())
    };
    let word = |word| (0..halvings).fold(u64::MAX, |bits, turn| bits & draw(word, turn));
    let mut words: Vec<u64> = (0..n.div_ceil(64)).map(word).collect();
    if !n.is_multiple_of(64) {
        *words.last_mut().unwrap() &= (1 << (n % 64)) - 1;
    }
    words
}

#[test]
fn reading_everything_is_exact() {
    let data = groups(700, 0.5, 1);
    let queries = groups(9, 0.0, 2);
    let index = built(&data);
    let mut searcher = Searcher::new(index.view(table(&data)));
    for halvings in 0..4 {
        let words = bits(700, halvings, 5);
        let allowed = Allowed::only(&words, 700).unwrap();
        let wanted = exact::search(table(&data), &queries, 25, allowed).unwrap();
        for (query, wanted) in queries.chunks(D).zip(wanted) {
            let found = searcher.search(query, 25, wide(&index), allowed).unwrap();
            assert_eq!(pairs(&found), pairs(&wanted));
        }
    }
}

#[test]
fn most_of_the_best_are_in_few_lists() {
    let data = groups(4_000, 0.25, 3);
    let queries = groups(100, 0.0, 4);
    let index = built(&data);
    let view = index.view(table(&data));
    let recall = |probes| {
        let width = Width {
            probes,
            rescored: 40,
        };
        view.recall(&queries, 10, width).unwrap()
    };
    assert!(view.n_lists() > 300);
    assert!(recall(40) > 0.95, "{}", recall(40));
    assert!(recall(40) > recall(4));
}

#[test]
fn recall_is_measured_when_the_index_is_built() {
    let data = groups(2_000, 0.25, 3);
    let index = built(&data);
    let recalls: Vec<Recall> = index.view(table(&data)).recalls().collect();
    assert_eq!(recalls[0].probes, 4);
    assert!(recalls.is_sorted_by(|a, b| a.probes < b.probes && a.at_10 <= b.at_10));
    assert!(recalls[4].at_10 > 0.95 && recalls[0].at_10 < 1.0);
}

#[test]
fn radii_find_long_rows_that_means_hide() {
    let data = groups(3_000, 0.8, 6);
    let queries = groups(100, 0.0, 7);
    let recall = |radius_weight| {
        let config = IndexConfig {
            radius_weight,
            ..IndexConfig::default()
        };
        let index = Index::build(table(&data), &config, 1).unwrap();
        let width = Width {
            probes: 16,
            rescored: 40,
        };
        index
            .view(table(&data))
            .recall(&queries, 10, width)
            .unwrap()
    };
    let (with, without) = (recall(0.35), recall(0.0));
    assert!(1.0 - with < (1.0 - without) / 2.0, "{with} {without}");
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let data = groups(3_000, 0.25, 8);
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let index = pool.build().unwrap().install(|| built(&data));
        index.to_artifact().to_bytes().unwrap()
    };
    let one = bytes(1);
    assert!(one == bytes(3));
    let other = Index::build(table(&data), &IndexConfig::default(), 43).unwrap();
    assert!(one != other.to_artifact().to_bytes().unwrap());
}

#[test]
fn never_fewer_rows_than_there_are() {
    let data = groups(1_000, 0.25, 9);
    let index = built(&data);
    let mut searcher = Searcher::new(index.view(table(&data)));
    let narrow = Width {
        probes: 1,
        rescored: 1,
    };
    for halvings in 0..12 {
        let words = bits(1_000, halvings, 10);
        let allowed = Allowed::only(&words, 1_000).unwrap();
        for k in [0, 1, 10, 150, 2_000] {
            let found = searcher.search(&data[..D], k, narrow, allowed).unwrap();
            assert_eq!(found.len(), k.min(allowed.count()));
            assert!(found.iter().all(|scored| allowed.contains(scored.index)));
            assert!(found.is_sorted_by(|a, b| {
                a.score > b.score || (a.score >= b.score && a.index < b.index)
            }));
        }
    }
}

#[test]
fn strange_tables_have_indexes() {
    for n in [0, 1, 2, 5, 17] {
        for data in [groups(n, 0.1, 1), vec![0.0; n * D], vec![-1.5; n * D]] {
            let index = built(&data);
            let mut searcher = Searcher::new(index.view(table(&data)));
            let query = [1.0; D];
            let found = searcher
                .search(&query, 3, wide(&index), Allowed::all(n))
                .unwrap();
            let wanted = exact::search(table(&data), &query, 3, Allowed::all(n)).unwrap();
            assert_eq!(pairs(&found), pairs(&wanted[0]));
            let artifact = Artifact::from_bytes(&index.to_artifact().to_bytes().unwrap()).unwrap();
            IndexView::open(&artifact, table(&data)).unwrap();
        }
    }
}

#[test]
fn what_is_not_a_number_is_refused() {
    let mut data = groups(50, 0.1, 1);
    let index = built(&data);
    data[3 * D + 1] = f32::NAN;
    let refused = Index::build(table(&data), &IndexConfig::default(), 1);
    assert!(matches!(refused, Err(Error::RowLength { row: 3, .. })));
    let mut searcher = Searcher::new(index.view(table(&data)));
    let mut ask =
        |query: &[f32], n_rows| searcher.search(query, 3, wide(&index), Allowed::all(n_rows));
    assert!(matches!(
        ask(&[f32::NAN; D], 50),
        Err(Error::QueryLength { .. })
    ));
    assert!(matches!(
        ask(&[1.0; D + 1], 50),
        Err(Error::QueryDimensions { .. })
    ));
    assert!(matches!(ask(&[1.0; D], 51), Err(Error::Bitmap { .. })));
}

#[test]
fn options_are_checked() {
    let data = groups(50, 0.1, 1);
    let refused = |config: IndexConfig, name: &str| match Index::build(table(&data), &config, 1) {
        Err(Error::Config { field, .. }) => assert_eq!(field, name),
        other => panic!("{other:?}"),
    };
    let good = IndexConfig::default();
    refused(
        IndexConfig {
            lists_per_root: f64::NAN,
            ..good
        },
        "lists_per_root",
    );
    refused(
        IndexConfig {
            radius_weight: -1.0,
            ..good
        },
        "radius_weight",
    );
    refused(
        IndexConfig {
            sample_per_list: 0,
            ..good
        },
        "sample_per_list",
    );
    refused(
        IndexConfig {
            iterations: 1001,
            ..good
        },
        "iterations",
    );
}

#[test]
fn a_file_gives_what_memory_gives() {
    let data = groups(900, 0.25, 11);
    let index = built(&data);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.mqa");
    index.to_artifact().write(&path).unwrap();
    let artifact = Artifact::open(&path).unwrap();
    artifact.verify().unwrap();
    let mapped = IndexView::open(&artifact, table(&data)).unwrap();
    let width = Width {
        probes: 10,
        rescored: 20,
    };
    let (mut one, mut other) = (
        Searcher::new(index.view(table(&data))),
        Searcher::new(mapped),
    );
    for query in groups(20, 0.0, 12).chunks(D) {
        let found = one.search(query, 10, width, Allowed::all(900)).unwrap();
        let mapped = other.search(query, 10, width, Allowed::all(900)).unwrap();
        assert_eq!(pairs(&found), pairs(&mapped));
    }
    assert!(mapped.recalls().eq(index.view(table(&data)).recalls()));
}

/// Opens an index after `damage` was done to it; it must be refused.
#[track_caller]
fn refused(damage: impl Fn(&mut Index)) -> Error {
    let data = groups(300, 0.25, 13);
    let mut index = built(&data);
    damage(&mut index);
    let artifact = Artifact::from_bytes(&index.to_artifact().to_bytes().unwrap()).unwrap();
    IndexView::open(&artifact, table(&data)).expect_err("a damaged index")
}

#[test]
fn rows_outside_the_table_are_refused() {
    let error = refused(|index| index.rows[5] = 300);
    assert!(matches!(
        error,
        Error::SectionValue {
            section: "rows",
            place: 5,
            found: 300,
            ..
        }
    ));
}

#[test]
fn lists_that_overlap_are_refused() {
    let error = refused(|index| index.offsets[7] = 0);
    assert!(matches!(
        error,
        Error::SectionValue {
            section: "offsets",
            place: 7,
            ..
        }
    ));
    let error = refused(|index| index.offsets[0] = 1);
    assert!(matches!(
        error,
        Error::SectionValue {
            section: "offsets",
            place: 0,
            ..
        }
    ));
    let error = refused(|index| *index.offsets.last_mut().unwrap() = u64::MAX);
    assert!(matches!(
        error,
        Error::SectionValue {
            section: "offsets",
            ..
        }
    ));
}

#[test]
fn sections_that_do_not_fit_are_refused() {
    let name = |error| match error {
        Error::SectionShape { section, .. } => section,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(refused(|index| index.offsets.clear())), "offsets");
    let drop_block = |index: &mut Index| index.rows.truncate(index.rows.len() - 16);
    assert_eq!(name(refused(drop_block)), "codes");
    let no_means = |index: &mut Index| index.centroids = AlignedBytes::zeroed(0);
    assert_eq!(name(refused(no_means)), "centroids");
    let data = groups(300, 0.25, 13);
    let artifact = Artifact::from_bytes(&built(&data).to_artifact().to_bytes().unwrap()).unwrap();
    let wider = Table::new(&data, 2 * D).unwrap();
    assert_eq!(
        name(IndexView::open(&artifact, wider).unwrap_err()),
        "centroids"
    );
}

#[test]
fn another_table_is_refused() {
    let (data, other) = (groups(300, 0.25, 13), groups(300, 0.25, 14));
    let artifact = Artifact::from_bytes(&built(&data).to_artifact().to_bytes().unwrap()).unwrap();
    let error = IndexView::open(&artifact, table(&other)).unwrap_err();
    assert!(matches!(
        error,
        Error::OtherTable {
            section: "codes",
            ..
        }
    ));
    let error = IndexView::open(&artifact, table(&data[..200 * D])).unwrap_err();
    assert!(matches!(
        error,
        Error::SectionValue {
            section: "rows",
            ..
        }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_bytes_are_refused_or_answer(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let data = groups(120, 0.25, 15);
        let config = IndexConfig { n_checked: 2, ..IndexConfig::default() };
        let index = Index::build(table(&data), &config, 1).unwrap();
        let mut bytes = index.to_artifact().to_bytes().unwrap();
        let first = usize::try_from(Artifact::from_bytes(&bytes).unwrap().sections()[0].offset).unwrap();
        for (at, value) in edits {
            let at = first + at.index(bytes.len() - first);
            bytes[at] = value;
        }
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        if let Ok(view) = IndexView::open(&artifact, table(&data)) {
            let mut searcher = Searcher::new(view);
            let width = Width { probes: 9, rescored: 20 };
            for allowed in [Allowed::all(120), Allowed::only(&[u64::MAX, 3], 120).unwrap()] {
                let found = searcher.search(&data[..D], 5, width, allowed).unwrap();
                prop_assert_eq!(found.len(), 5);
            }
            prop_assert!(view.recalls().count() <= 7);
        }
    }
}
