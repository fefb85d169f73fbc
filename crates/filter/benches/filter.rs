//! Expressions over a catalog of 100,000 items: to bits for all of them, and for a few hundred
//! candidates, looking the names up included.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marquee_core::{CreatorId, Item, ItemId, ItemIdx, ItemKind, Seconds, Timestamp};
use marquee_filter::{Columns, Expr, Filter, Limits, ViewerFields};

const N_ITEMS: u32 = 100_000;

/// Each with its name; three tests where nothing else is said.
const EXPRESSIONS: [(&str, &str); 5] = [
    (
        "sets and a date",
        r#"genre in ["Anime", "Drama"] and released >= 2020-01-01 and not creator = "c17""#,
    ),
    (
        "numbers",
        "duration < 30m and minimum_age <= viewer.age and released > now - 30d",
    ),
    (
        "start of titles",
        r#"title starts with "The 1" and kind = movie and genre = "Drama""#,
    ),
    ("part of titles (1)", r#"title contains "777""#),
    (
        "exclusion",
        r#"not genre in ["Drama"] and language != "en" or tag = "t3""#,
    ),
];

/// A number that looks drawn, from `at` and the number of the field.
fn mixed(at: u32, field: u32) -> u32 {
    let mut bits = at.wrapping_mul(0x9e37_79b9) ^ field.wrapping_mul(0x85eb_ca6b);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x2c1b_3c6d);
    bits ^ (bits >> 12)
}

fn catalog() -> Vec<Item> {
    const GENRES: [&str; 18] = [
        "Drama",
        "Comedy",
        "Anime",
        "Horror",
        "Action",
        "Crime",
        "War",
        "Western",
        "Music",
        "Sport",
        "Family",
        "History",
        "Mystery",
        "Romance",
        "Fantasy",
        "Thriller",
        "Animation",
        "Documentary",
    ];
    let day = 86_400;
    let item = |at: u32| {
        let mut item = Item::new(ItemId::new(format!("i{at}")).expect("an id"));
        item.title = format!("The {}", mixed(at, 0) % 1_000_000);
        item.kind = [ItemKind::Movie, ItemKind::Episode][(mixed(at, 1) % 2) as usize];
        let genres = (0..1 + mixed(at, 2) % 3).map(|nth| mixed(at, 3 + nth) % 18);
        item.genres = genres
            .map(|genre| GENRES[genre as usize].to_owned())
            .collect();
        item.tags = vec![format!("t{}", mixed(at, 6) % 500)];
        item.creators = vec![CreatorId::new(format!("c{}", mixed(at, 7) % 8000)).expect("an id")];
        item.language = Some(["en", "de", "pt-BR", "ja"][(mixed(at, 8) % 4) as usize].to_owned());
        item.released = Some(Timestamp::from_seconds(
            i64::from(mixed(at, 9) % 20_000) * day,
        ));
        item.duration = Some(Seconds(f64::from(mixed(at, 10) % 9000)));
        item.minimum_age = [None, Some(6), Some(12), Some(16)][(mixed(at, 11) % 4) as usize];
        item
    };
    (0..N_ITEMS).map(item).collect()
}

fn filters(criterion: &mut Criterion) {
    let items = catalog();
    let rows = || items.iter().map(|item| (item.id.as_str(), Some(item)));
    let columns = Columns::new(rows());
    let viewer = ViewerFields {
        age: Some(14),
        ..ViewerFields::default()
    };
    let now = Timestamp::from_seconds(20_000 * 86_400);
    let limits = Limits::default();
    let candidates: Vec<ItemIdx> = (0..500)
        .map(|at| ItemIdx(mixed(at, 20) % N_ITEMS))
        .collect();

    for (name, text) in EXPRESSIONS {
        let expr: Expr = text.parse().expect("an expression");
        criterion.bench_function(&format!("100,000 items to bits: {name}"), |bencher| {
            bencher.iter(|| {
                let filter = Filter::compile(black_box(&expr), &columns, &viewer, now);
                filter.select(&limits).expect("within limits")
            });
        });
        criterion.bench_function(&format!("500 candidates: {name}"), |bencher| {
            bencher.iter(|| {
                let filter = Filter::compile(black_box(&expr), &columns, &viewer, now);
                let passing = filter
                    .for_asking(candidates.len(), &limits)
                    .expect("within limits");
                candidates
                    .iter()
                    .filter(|&&row| passing.contains(row))
                    .count()
            });
        });
    }
    criterion.bench_function("parse", |bencher| {
        bencher.iter(|| black_box(EXPRESSIONS[0].1).parse::<Expr>());
    });
    criterion.bench_function("columns of 100,000 items", |bencher| {
        bencher.iter(|| Columns::new(rows()));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = filters
}
criterion_main!(benches);
