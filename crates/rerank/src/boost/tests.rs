use marquee_core::{AvailabilityWindow, Item, ItemId, ItemIdx, Timestamp};
use proptest::{collection::vec, prelude::*};

use super::*;

/// Items `i0`, `i1`, … whose genres are `a` where bit 0 of their mark is set and `b` where bit 1 is.
fn items(marks: &[u8]) -> Vec<Item> {
    let item = |(row, mark): (usize, &u8)| {
        let mut item = Item::new(ItemId::new(format!("i{row}")).unwrap());
        for (bit, genre) in ["a", "b"].into_iter().enumerate() {
            if mark >> bit & 1 == 1 {
                item.genres.push(genre.to_owned());
            }
        }
        item
    };
    marks.iter().enumerate().map(item).collect()
}

fn columns(items: &[Item]) -> Columns {
    Columns::new(items.iter().map(|item| (item.id.as_str(), Some(item))))
}

fn boost(what: &str, weight: f32) -> Boost {
    Boost {
        what: what.parse().unwrap(),
        weight,
        during: AvailabilityWindow::ALWAYS,
    }
}

/// Scores by row, best first, as selection hands them over.
fn slate(scores: &[f32]) -> Vec<ScoredItem> {
    let scored = |(row, &score)| ScoredItem {
        item: ItemIdx::from_usize(row),
        score,
    };
    let mut slate: Vec<ScoredItem> = scores.iter().enumerate().map(scored).collect();
    slate.sort_by(|left, right| {
        right
            .score
            .total_cmp(&left.score)
            .then(left.item.cmp(&right.item))
    });
    slate
}

const NOW: Timestamp = Timestamp::from_seconds(100);

fn query(k: usize) -> Query<'static> {
    Query {
        history: &[],
        now: NOW,
        seed: 0,
        k,
    }
}

/// Rows in their new order, and what was moved into or out of the first `k`.
fn run(marks: &[u8], boosts: &[Boost], scores: &[f32], k: usize) -> (Vec<u32>, Vec<Moved>) {
    let items = items(marks);
    let columns = columns(&items);
    let viewer = ViewerFields::default();
    let query = query(k);
    let size = (scores.len(), &Limits::default());
    let reranker = BoostReranker::new(boosts, &columns, &viewer, &query, size).unwrap();
    let mut list = slate(scores);
    let mut moved = Vec::new();
    reranker.rerank(&query, &mut list, &mut moved).unwrap();
    for scored in &list {
        assert_eq!(
            scored.score.to_bits(),
            scores[scored.item.index()].to_bits()
        );
    }
    (list.iter().map(|scored| scored.item.0).collect(), moved)
}

#[test]
fn a_weight_is_counted_in_standard_deviations() {
    // Mean 0, variance (4 + 0 + 0 + 4) / 4: the spread is √2.
    let scores = [2.0, 0.0, 0.0, -2.0];
    let marks = [0, 0, 0, 1];
    // -2 + 1.4·√2 is -0.02, below the zeros; -2 + 1.5·√2 is 0.12, above them.
    assert_eq!(
        run(&marks, &[boost(r#"genre = "a""#, 1.4)], &scores, 4).0,
        [0, 1, 2, 3]
    );
    let (order, moved) = run(&marks, &[boost(r#"genre = "a""#, 1.5)], &scores, 4);
    assert_eq!(order, [0, 3, 1, 2]);
    let lifted = Moved {
        item: ItemIdx(3),
        rule: Rule::boost(0),
        from: 3,
        to: Some(1),
    };
    assert_eq!(moved, [lifted]);
}

#[test]
fn equal_scores_are_ordered_by_what_lifts_them() {
    let boosts = [boost(r#"genre = "a""#, -0.5), boost(r#"genre = "b""#, 0.1)];
    assert_eq!(run(&[1, 0, 2, 3], &boosts, &[7.0; 4], 4).0, [2, 1, 3, 0]);
}

#[test]
fn only_moves_that_touch_the_answer_are_told() {
    let scores: Vec<f32> = (0..100).map(|at| -(at as f32)).collect();
    let mut marks = [0; 100];
    marks[99] = 1;
    // From place 99 to about 70: never seen in an answer of 10.
    let (order, moved) = run(&marks, &[boost(r#"genre = "a""#, 1.0)], &scores, 10);
    assert_ne!(order[99], 99);
    assert_eq!(moved, []);
}

#[test]
fn the_strongest_of_several_boosts_is_named() {
    let boosts = [
        boost(r#"genre = "a""#, 1.0),
        boost(r#"genre = "b""#, -3.0),
        boost("available", 0.5),
    ];
    let moved = run(&[3, 0, 0], &boosts, &[3.0, 2.0, 1.0], 3).1;
    let of_first = moved.iter().find(|moved| moved.item == ItemIdx(0)).unwrap();
    assert_eq!(of_first.rule, Rule::boost(1));
}

#[test]
fn a_promotion_holds_in_its_window_only() {
    let ended = Boost {
        during: AvailabilityWindow {
            start: None,
            end: Some(NOW),
        },
        ..boost(r#"genre = "a""#, 100.0)
    };
    let begun = Boost {
        during: AvailabilityWindow {
            start: Some(NOW),
            end: None,
        },
        ..boost(r#"genre = "b""#, 100.0)
    };
    assert_eq!(
        run(&[0, 1, 2], &[ended, begun], &[3.0, 2.0, 1.0], 3).0,
        [2, 0, 1]
    );
}

#[test]
fn no_candidates_are_no_trouble() {
    assert_eq!(
        run(&[], &[boost("available", 1.0)], &[], 3).0,
        Vec::<u32>::new()
    );
}

/// Small whole numbers: sums and products of them are exact, so that properties hold bit for bit.
fn cases() -> impl Strategy<Value = Vec<(u8, f32)>> {
    vec((0_u8..4, -40_i16..40), 0..30).prop_map(|cases| {
        cases
            .into_iter()
            .map(|(mark, score)| (mark, f32::from(score)))
            .collect()
    })
}

proptest! {
    /// The twin: each value by its definition, the place by counting who is better.
    #[test]
    fn order_is_that_of_the_definition(cases in cases(), left in -8_i8..8, right in -8_i8..8) {
        let (marks, scores): (Vec<u8>, Vec<f32>) = cases.into_iter().unzip();
        let weights = [f32::from(left) / 4.0 + 0.125, f32::from(right) / 4.0 + 0.125];
        let boosts = [boost(r#"genre = "a""#, weights[0]), boost(r#"genre = "b""#, weights[1])];
        let (order, _) = run(&marks, &boosts, &scores, 30);
        let n = scores.len() as f64;
        let list = slate(&scores);
        let mean = list.iter().map(|one| f64::from(one.score)).sum::<f64>() / n;
        let variance = list.iter().map(|one| (f64::from(one.score) - mean).powi(2)).sum::<f64>() / n;
        let spread = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let value = |row: usize| {
            let of = |bit: usize| f64::from(marks[row] >> bit & 1) * f64::from(weights[bit]);
            f64::from(scores[row]) + (of(0) + of(1)) * spread
        };
        for (place, &row) in order.iter().enumerate() {
            let row = row as usize;
            let better = (0..scores.len()).filter(|&other| {
                value(other).total_cmp(&value(row)).reverse().then(other.cmp(&row)).is_lt()
            });
            prop_assert_eq!(better.count(), place);
        }
    }

    #[test]
    fn more_weight_never_lowers_what_it_lifts(cases in cases(), less in 0_u8..20, more in 0_u8..20) {
        let (marks, scores): (Vec<u8>, Vec<f32>) = cases.into_iter().unzip();
        let place_of = |weight: u8| {
            let weight = f32::from(weight) / 4.0 + 0.125;
            let order = run(&marks, &[boost(r#"genre = "a""#, weight)], &scores, 30).0;
            move |row: u32| order.iter().position(|&other| other == row).unwrap()
        };
        let before = place_of(less);
        let after = place_of(less + more);
        for row in 0..u32::try_from(scores.len()).unwrap() {
            let lifted = marks[row as usize] & 1 == 1;
            prop_assert!(!lifted || after(row) <= before(row));
            prop_assert!(lifted || after(row) >= before(row));
        }
    }

    #[test]
    fn the_scale_of_scores_does_not_matter(
        cases in cases(),
        weight in 1_u8..20,
        shift in -1000_i16..1000,
        power in -3_i32..4,
    ) {
        let (marks, scores): (Vec<u8>, Vec<f32>) = cases.into_iter().unzip();
        // A third keeps sums away from ties, which rounding may break either way.
        let boosts = [boost(r#"genre = "a""#, f32::from(weight) / 3.0)];
        let scaled: Vec<f32> = scores.iter().map(|score| score * 2_f32.powi(power)).collect();
        prop_assert_eq!(run(&marks, &boosts, &scores, 30).0, run(&marks, &boosts, &scaled, 30).0);
        let shifted: Vec<f32> = scores.iter().map(|score| score + f32::from(shift)).collect();
        prop_assert_eq!(run(&marks, &boosts, &scores, 30).0, run(&marks, &boosts, &shifted, 30).0);
    }
}
