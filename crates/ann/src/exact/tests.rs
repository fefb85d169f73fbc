use proptest::prelude::*;

use super::*;

/// The definition: all products, sorted.
fn by_sorting(table: Table<'_>, query: &[f32], k: usize, allowed: Allowed<'_>) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, f32)> = (0..row_number(table.n_rows()))
        .filter(|&row| allowed.contains(row))
        .map(|row| (row, marquee_math::dot(table.row(row as usize), query)))
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(k);
    all.into_iter()
        .map(|(row, score)| (row, score.to_bits()))
        .collect()
}

fn found(lists: &[Vec<Scored>]) -> Vec<Vec<(u32, u32)>> {
    let pairs = |list: &Vec<Scored>| list.iter().map(|s| (s.index, s.score.to_bits())).collect();
    lists.iter().map(pairs).collect()
}

/// Numbers with many ties where `coarse`, of lengths that differ a hundredfold.
fn numbers(n: usize, d: usize, coarse: bool, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; n * d];
    marquee_math::fill_normal(&mut marquee_math::rng(seed, 0), 1.0, &mut values);
    for (index, row) in values.chunks_mut(d).enumerate() {
        for value in row {
            if coarse {
                *value = value.round();
            } else {
                *value *= [1.0, 0.01, 3.0, 0.3][index % 4];
            }
        }
    }
    values
}

#[track_caller]
fn check_all(table: Table<'_>, queries: &[f32], k: usize, allowed: Allowed<'_>) {
    let wanted: Vec<_> = queries
        .chunks(table.d())
        .map(|query| by_sorting(table, query, k, allowed))
        .collect();
    assert_eq!(found(&search(table, queries, k, allowed).unwrap()), wanted);
    let bytes = ByteTable::new(table).unwrap();
    assert_eq!(
        found(&bytes.search(table, queries, k, allowed).unwrap()),
        wanted
    );
    let halves = HalfTable::new(table).unwrap();
    assert_eq!(
        found(&halves.search(table, queries, k, allowed).unwrap()),
        wanted
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_ways_equal_sorting(
        d in 1_usize..70,
        n in 0_usize..400,
        n_queries in 0_usize..7,
        k in 0_usize..40,
        coarse: bool,
        seed in 0_u64..1000,
        density in 0_u32..4,
    ) {
        let data = numbers(n, d, coarse, seed);
        let queries = numbers(n_queries, d, coarse, seed + 1);
        let table = Table::new(&data, d).unwrap();
        check_all(table, &queries, k, Allowed::all(n));
        let mut rng = marquee_math::rng(seed, 5);
        let words: Vec<u64> = (0..n.div_ceil(64))
            .map(|word| {
                let mut bits = u64::MAX;
                for _ in 0..density {
                    bits &= rand_word(&mut rng);
                }
                let used = n - 64 * word;
                if used < 64 { bits & ((1 << used) - 1) } else { bits }
            })
            .collect();
        check_all(table, &queries, k, Allowed::only(&words, n).unwrap());
    }
}

fn rand_word(rng: &mut marquee_math::Rng) -> u64 {
    let mut values = [0.0; 64];
    marquee_math::fill_normal(rng, 1.0, &mut values);
    (0..64)
        .filter(|&bit| values[bit] > 0.0)
        .map(|bit| 1 << bit)
        .sum()
}

#[test]
fn more_rows_than_a_tile_and_equal_rows() {
    let (n, d) = (5_000, 16);
    let data = numbers(n, d, true, 3);
    let table = Table::new(&data, d).unwrap();
    check_all(table, &numbers(5, d, true, 4), 100, Allowed::all(n));
    let same = vec![0.5; 1_000 * d];
    check_all(
        Table::new(&same, d).unwrap(),
        &data[..d],
        10,
        Allowed::all(1_000),
    );
}

#[test]
fn a_copy_read_from_bytes_finds_what_it_found_in_memory() {
    let (n, d) = (1_000, 24);
    let data = numbers(n, d, true, 5);
    let table = Table::new(&data, d).unwrap();
    let copy = ByteTable::new(table).unwrap();
    let bytes = copy.bytes().to_vec();
    let read = ByteTable::from_bytes(table, &bytes).unwrap();
    let query = numbers(1, d, true, 6);
    let all = Allowed::all(n);
    assert_eq!(
        read.search(table, &query, 10, all).unwrap(),
        copy.search(table, &query, 10, all).unwrap()
    );
    let short = ByteTable::from_bytes(table, &bytes[64..]);
    assert!(matches!(short, Err(Error::Copy { .. })));
    // Bytes of anything else are read without a panic.
    let noise: Vec<u8> = bytes.iter().map(|byte| byte.wrapping_mul(167)).collect();
    let read = ByteTable::from_bytes(table, &noise).unwrap();
    assert!(read.search(table, &query, 10, all).unwrap()[0].len() <= 10);
}

#[test]
fn what_is_not_a_number_is_refused() {
    let data = [1.0, 2.0, f32::NAN, 0.0];
    let table = Table::new(&data, 2).unwrap();
    let refused = ByteTable::new(table);
    assert!(matches!(refused, Err(Error::RowLength { row: 1, .. })));
    assert!(matches!(
        HalfTable::new(table),
        Err(Error::RowLength { row: 1, .. })
    ));
    let query = [f32::INFINITY, 0.0];
    let refused = search(table, &query, 1, Allowed::all(2));
    assert!(matches!(refused, Err(Error::QueryLength { query: 0, .. })));
    let refused = search(table, &[1.0], 1, Allowed::all(2));
    assert!(matches!(
        refused,
        Err(Error::QueryDimensions { found: 1, d: 2 })
    ));
    assert!(matches!(
        search(table, &[1.0, 1.0], 1, Allowed::all(3)),
        Err(Error::Bitmap { .. })
    ));
    assert!(Table::new(&data, 3).is_err() && Table::new(&data, 0).is_err());
}
