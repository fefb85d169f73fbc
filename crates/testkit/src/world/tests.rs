use std::collections::HashMap;

use marquee_core::{EventKind, ItemIdx};

use super::*;

fn config() -> WorldConfig {
    WorldConfig {
        users: 1_000,
        items: 300,
        creators: 30,
        events: 200_000,
        days: 6,
        ..WorldConfig::default()
    }
}

/// An impression and the kinds of what followed it.
struct Shown {
    viewer: UserIdx,
    position: u32,
    item: ItemIdx,
    truth: Truth,
    /// By the order of [`Truth::OUTCOMES`].
    happened: [bool; 12],
}

/// Impressions of a world joined with their outcomes.
fn played(world: &World) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut places = HashMap::new();
    for record in world.days().flatten() {
        let place = (record.viewer, record.session, record.slate, record.position);
        if let Deed::Impression { item, truth } = record.deed {
            places.insert(place, shown.len());
            shown.push(Shown {
                viewer: record.viewer,
                position: record.position,
                item,
                truth,
                happened: [false; 12],
            });
        } else if let Some(&at) = places.get(&place) {
            for outcome in outcomes(world, &record.deed) {
                shown[at].happened[outcome] = true;
            }
        }
    }
    shown
}

fn outcomes(world: &World, deed: &Deed) -> Vec<usize> {
    let name = match *deed {
        Deed::Play { item, watched } => {
            let share = watched.0 / world.items()[item.index()].duration.0;
            return if share >= FINISHED {
                vec![1, 2]
            } else {
                vec![1]
            };
        }
        Deed::Thumb { direction, .. } => match direction {
            marquee_core::ThumbDirection::Down => "thumb_down",
            _ => "thumb_up",
        },
        Deed::Retract { .. } => return Vec::new(),
        ref other => other.kind().name(),
    };
    vec![Truth::OUTCOMES.iter().position(|&one| one == name).unwrap()]
}

/// How many standard deviations a sum of independent chances is off, with the number expected.
fn deviation<'a>(shown: impl Iterator<Item = &'a Shown>, outcome: usize) -> (f64, f64) {
    let (mut found, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for one in shown {
        let p = f64::from(one.truth.outcomes()[outcome]);
        found += f64::from(u8::from(one.happened[outcome]));
        expected += p;
        variance += p * (1.0 - p);
    }
    ((found - expected) / variance.sqrt(), expected)
}

#[test]
fn times_rise_and_the_number_of_events_is_met() {
    let world = World::generate(config()).unwrap();
    let records: Vec<Record> = world.days().flatten().collect();
    assert!(records.is_sorted_by_key(|one| one.time));
    assert!(records[0].time >= world.config().start);
    let off = records.len() as f64 / 200_000.0 - 1.0;
    assert!(off.abs() < 0.02, "{} events", records.len());
}

#[test]
fn every_kind_of_event_occurs_and_numbers_are_unique() {
    let world = World::generate(config()).unwrap();
    let mut kinds: HashMap<EventKind, u32> = HashMap::new();
    let mut numbers = std::collections::HashSet::new();
    for record in world.days().flatten() {
        *kinds.entry(record.deed.kind()).or_default() += 1;
        assert!(numbers.insert((record.viewer, record.number)));
    }
    assert_eq!(kinds.len(), 12, "{kinds:?}");
}

#[test]
fn outcomes_are_as_frequent_as_the_truth_says() {
    let world = World::generate(config()).unwrap();
    let shown = played(&world);
    assert!(shown.len() > 100_000);
    for (outcome, name) in Truth::OUTCOMES.iter().enumerate() {
        let (off, expected) = deviation(shown.iter(), outcome);
        assert!(expected > 100.0 && off.abs() < 4.5, "{name}: {off}");
    }
}

/// The mean share watched is what plays add up to.
#[test]
fn watched_share_is_what_the_truth_says() {
    let world = World::generate(config()).unwrap();
    let (mut expected, mut watched, mut n) = (0.0, 0.0, 0.0_f64);
    for record in world.days().flatten() {
        match record.deed {
            Deed::Impression { truth, .. } => {
                expected += f64::from(truth.watched());
                n += 1.0;
            }
            Deed::Play {
                item,
                watched: time,
            } => {
                watched += time.0 / world.items()[item.index()].duration.0;
            }
            _ => {}
        }
    }
    // No share is above one, so the deviation is below that of as many outcomes.
    assert!(
        (watched - expected).abs() < 4.5 * expected.sqrt(),
        "{watched} {expected} of {n}"
    );
}

#[test]
fn truth_of_an_impression_can_be_asked_for_anew() {
    let world = World::generate(WorldConfig {
        drift: 0.0,
        ..config()
    });
    let world = world.unwrap();
    let mut follows = vec![Vec::new(); world.viewers().len()];
    for record in world.days().flatten().take(2_000) {
        match record.deed {
            Deed::Follow { creator } => follows[record.viewer.index()].push(creator),
            Deed::Impression { item, truth } => {
                let viewer = record.viewer.index();
                let taste = world.viewers()[viewer].taste;
                let found = world.truth_of(&taste, &follows[viewer], item);
                let expected = truth.open / truth.examination;
                assert!((found.open - expected).abs() < 1e-5);
            }
            _ => {}
        }
    }
}

#[test]
fn chances_hold_at_every_level_and_position() {
    let world = World::generate(config()).unwrap();
    let mut shown = played(&world);
    shown.sort_by(|a, b| a.truth.open.total_cmp(&b.truth.open));
    let tenth = shown.len().div_ceil(10);
    let (open, finish) = (0, 2);
    for level in shown.chunks(tenth) {
        assert!(deviation(level.iter(), open).0.abs() < 4.5);
        assert!(deviation(level.iter(), finish).0.abs() < 4.5);
    }
    for position in 0..world.config().slate_length {
        let here = shown.iter().filter(|one| one.position == position);
        assert!(deviation(here, open).0.abs() < 4.5);
    }
}

/// The policy fills every position alike, so openings relative to the first position estimate the
/// curve from the log alone.
#[test]
fn position_bias_is_recovered_from_openings() {
    let world = World::generate(WorldConfig {
        events: 400_000,
        ..config()
    });
    let world = world.unwrap();
    let mut rates = vec![(0.0, 0.0); world.examination().len()];
    for one in played(&world) {
        let rate = &mut rates[one.position as usize];
        rate.0 += f64::from(u8::from(one.happened[0]));
        rate.1 += 1.0;
    }
    let first = rates[0].0 / rates[0].1;
    for (position, (opened, all)) in rates.iter().enumerate() {
        let found = opened / all / first;
        let want = world.examination()[position];
        assert!(
            (found / want - 1.0).abs() < 0.1,
            "{position}: {found} for {want}"
        );
    }
}

#[test]
fn shown_items_are_out_and_suit_their_viewer_better_than_others() {
    let world = World::generate(config()).unwrap();
    let (mut shown_sum, mut other_sum, mut n) = (0.0, 0.0, 0.0);
    for one in played(&world) {
        let other = (one.viewer.index() * 7 + 1) % world.viewers().len();
        let latent = &world.items()[one.item.index()].latent;
        shown_sum += agreement(&world.viewers()[one.viewer.index()].taste, latent);
        other_sum += agreement(&world.viewers()[other].taste, latent);
        n += 1.0;
    }
    let gain = (shown_sum - other_sum) / n;
    assert!(gain > 0.05, "{gain}");
    for record in world.days().flatten() {
        if let Some(item) = record.deed.item() {
            assert!(world.items()[item.index()].released <= record.time);
        }
    }
}

fn mean_agreement_after(days: u32, drift: f64) -> f64 {
    let world = World::generate(WorldConfig { drift, ..config() });
    let world = world.unwrap();
    let viewers = world.viewers().iter().take(200).enumerate();
    let kept = viewers.map(|(viewer, truth)| {
        let later = world.taste_on(UserIdx::from_usize(viewer), days);
        agreement(&truth.taste, &later)
    });
    kept.sum::<f64>() / 200.0
}

#[test]
fn tastes_drift_like_a_random_walk() {
    let (week, month) = (
        mean_agreement_after(7, 0.05),
        mean_agreement_after(30, 0.05),
    );
    assert!(month < week && week < 1.0 - 1e-4);
    // The mean squared angle after n days is n * drift², which the cosine halves.
    assert!(
        (1.0 - month - 30.0 * 0.05 * 0.05 / 2.0).abs() < 0.008,
        "{month}"
    );
    assert!((mean_agreement_after(30, 0.0) - 1.0).abs() < 1e-6);
}

#[test]
fn replayed_tastes_are_those_of_the_last_day() {
    let world = tiny_world();
    let mut days = world.days();
    assert_eq!(days.by_ref().count(), 5);
    for (viewer, taste) in days.tastes().enumerate() {
        let replayed = world.taste_on(UserIdx::from_usize(viewer), 4);
        assert_eq!(taste.map(f32::to_bits), replayed.map(f32::to_bits));
    }
}

/// Viewers of one country agree more than viewers of two, but far from fully.
#[test]
fn tastes_lean_on_demographics() {
    let world = World::generate(config()).unwrap();
    let (mut same, mut apart) = ((0.0, 0.0), (0.0, 0.0));
    for (at, one) in world.viewers().iter().enumerate() {
        for other in &world.viewers()[at + 1..] {
            let alike = one.country == other.country && one.gender == other.gender;
            let sum = if alike { &mut same } else { &mut apart };
            sum.0 += agreement(&one.taste, &other.taste);
            sum.1 += 1.0;
        }
    }
    let (same, apart) = (same.0 / same.1, apart.0 / apart.1);
    assert!(same > apart + 0.03 && same < 0.8, "{same} and {apart}");
}

#[test]
fn comments_follow_the_affinity() {
    let world = World::generate(config()).unwrap();
    let mut affinities = HashMap::new();
    let mut sums: HashMap<&str, (f64, f64)> = HashMap::new();
    for record in world.days().flatten() {
        let place = (record.viewer, record.session, record.slate, record.position);
        match record.deed {
            Deed::Impression { truth, .. } => {
                affinities.insert(place, f64::from(truth.affinity));
            }
            Deed::Comment { sentiment, .. } => {
                let sum = sums.entry(sentiment.name()).or_default();
                sum.0 += affinities[&place];
                sum.1 += 1.0;
            }
            _ => {}
        }
    }
    let mean = |name: &str| sums[name].0 / sums[name].1;
    assert!(mean("positive") > mean("negative") + 0.3, "{sums:?}");
}

#[track_caller]
fn check_refused(config: WorldConfig, want: &str) {
    match World::generate(config) {
        Err(WorldError::Config { field, .. }) => assert_eq!(field, want),
        other => panic!("expected a refusal of {want}, got {other:?}"),
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let base = WorldConfig::default;
    check_refused(WorldConfig { users: 0, ..base() }, "users");
    check_refused(
        WorldConfig {
            items: 39,
            ..base()
        },
        "items",
    );
    check_refused(
        WorldConfig {
            creators: 0,
            ..base()
        },
        "creators",
    );
    check_refused(WorldConfig { days: 0, ..base() }, "days");
    check_refused(
        WorldConfig {
            events: 30_000_001,
            ..base()
        },
        "events",
    );
    check_refused(
        WorldConfig {
            slate_length: 65,
            ..base()
        },
        "slate_length",
    );
    check_refused(
        WorldConfig {
            drift: f64::NAN,
            ..base()
        },
        "drift",
    );
    check_refused(
        WorldConfig {
            exploration: 0.0,
            ..base()
        },
        "exploration",
    );
    check_refused(
        WorldConfig {
            personalization: 0.9,
            ..base()
        },
        "exploration",
    );
}

#[test]
fn smallest_world_works() {
    let config = WorldConfig {
        users: 1,
        items: 4,
        creators: 1,
        events: 1,
        days: 1,
        slate_length: 1,
        ..WorldConfig::default()
    };
    for seed in 0..50 {
        let world = World::generate(WorldConfig {
            seed,
            ..config.clone()
        });
        assert!(world.unwrap().days().flatten().count() < 1000);
    }
}
