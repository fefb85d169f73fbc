use super::super::{World, tiny_world};
use super::*;

const N: u32 = 60_000;

fn shelf(world: &World) -> Shelf {
    Shelf::new(world.items(), world.config().creators, world.midnight(2))
}

fn policy<'a>(world: &'a World, shelf: &'a Shelf, follows: &[u32]) -> Policy<'a> {
    Policy::new(
        world.config(),
        (world.items(), shelf),
        world.genre_directions(),
        (&world.viewers()[3].taste, follows),
    )
}

/// Chi-square of `counts` against `expected`, in standard deviations of its distribution.
fn deviation(counts: &[f64], expected: &[f64]) -> f64 {
    let cells: Vec<(f64, f64)> = (counts.iter().copied())
        .zip(expected.iter().copied())
        .filter(|cell| cell.1 > 0.0)
        .collect();
    let square: f64 = cells.iter().map(|(n, e)| (n - e).powi(2) / e).sum();
    let freedom = cells.len() as f64 - 1.0;
    (square - freedom) / (2.0 * freedom).sqrt()
}

#[track_caller]
fn check(excluded: &[u32], follows: &[u32], choose: fn(&Policy<'_>, &[u32], &mut Draw) -> u32) {
    let world = tiny_world();
    let shelf = shelf(&world);
    let policy = policy(&world, &shelf, follows);
    let mut draw = Draw::new(11, 0);
    let mut counts = vec![0.0; world.items().len()];
    for _ in 0..N {
        counts[choose(&policy, excluded, &mut draw) as usize] += 1.0;
    }
    let taken: f64 = excluded.iter().map(|&item| policy.probability(item)).sum();
    let expected: Vec<f64> = (0..row(counts.len()))
        .map(|item| match excluded.contains(&item) {
            true => 0.0,
            false => f64::from(N) * policy.probability(item) / (1.0 - taken),
        })
        .collect();
    for (item, &want) in expected.iter().enumerate() {
        assert!(
            want > 0.0 || counts[item] < 0.5,
            "item {item} was not to be shown"
        );
    }
    let got = deviation(&counts, &expected);
    assert!(got.abs() < 5.0, "{got} standard deviations off");
}

#[test]
fn probabilities_of_all_items_sum_to_one() {
    let world = tiny_world();
    let shelf = shelf(&world);
    for follows in [&[][..], &[1, 4, 7]] {
        let policy = policy(&world, &shelf, follows);
        let total: f64 = (0..row(world.items().len()))
            .map(|item| policy.probability(item))
            .sum();
        assert!((total - 1.0).abs() < 1e-12, "{total}");
    }
}

#[test]
fn items_come_as_often_as_their_propensity_says() {
    check(&[], &[], |policy, excluded, draw| {
        policy.choose(excluded, draw).0
    });
    check(&[1, 5, 9, 40, 41], &[2, 5], |policy, excluded, draw| {
        policy.choose(excluded, draw).0
    });
}

#[test]
fn exact_way_has_the_same_distribution() {
    check(&[1, 5, 9, 40, 41], &[2, 5], |policy, excluded, draw| {
        policy.scan(excluded, draw)
    });
}

#[test]
fn logged_propensity_is_that_of_the_choice() {
    let world = tiny_world();
    let shelf = shelf(&world);
    let policy = policy(&world, &shelf, &[3]);
    let excluded = [2, 3, 60];
    let taken: f64 = excluded.iter().map(|&item| policy.probability(item)).sum();
    let mut draw = Draw::new(4, 4);
    for _ in 0..1000 {
        let (item, propensity) = policy.choose(&excluded, &mut draw);
        let want = policy.probability(item) / (1.0 - taken);
        assert!((propensity - want).abs() < 1e-12 && propensity > 0.0);
    }
}

#[test]
fn items_that_are_not_out_are_not_shown() {
    let world = tiny_world();
    let shelf = shelf(&world);
    let policy = policy(&world, &shelf, &[]);
    let now = world.midnight(2);
    let future = world.items().iter().enumerate();
    let future: Vec<u32> = future
        .filter(|one| one.1.released > now)
        .map(|one| row(one.0))
        .collect();
    assert!(!future.is_empty());
    assert!(future.iter().all(|&item| policy.probability(item) <= 0.0));
}
