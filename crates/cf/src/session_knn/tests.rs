use marquee_core::{Dataset, HistoryEntry, ItemIdx, SparseRows, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::{BlockWorld, Personalization};

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

fn case(train: fn(&Dataset, u64) -> Result<SessionKnnModel>) -> Case<SessionKnnModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: SessionKnnModel::to_artifact,
        open: |artifact| Ok(Box::new(SessionKnnView::open(artifact)?)),
    }
}

#[test]
fn defaults_conform() {
    case(|data, _| train(data, &SessionKnnConfig::default(), &mut silent()))
        .check(Personalization::ByHistory);
}

#[test]
fn few_sessions_conform() {
    let case = case(|data, _| {
        let config = SessionKnnConfig {
            neighbors: 60,
            sessions_per_item: 30,
            max_events: 5,
            position_decay: 20.0,
            reach: 10.0,
            backward: 1.0,
            ..SessionKnnConfig::default()
        };
        train(data, &config, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

fn sessions(n_items: usize, rows: &[&[u32]]) -> Dataset {
    let mut all = SparseRows {
        n_columns: n_items,
        offsets: vec![0],
        ..SparseRows::default()
    };
    for row in rows {
        all.columns.extend_from_slice(row);
        all.offsets.push(all.columns.len() as u64);
    }
    Dataset::from_rows(all)
}

fn history(items: &[u32]) -> Vec<HistoryEntry> {
    let entry = |&item| HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    };
    items.iter().map(entry).collect()
}

/// Plain counting: nothing decays, nothing is weighted.
fn plain() -> SessionKnnConfig {
    SessionKnnConfig {
        neighbors: 10,
        sessions_per_item: 10,
        max_events: 10,
        position_decay: 1e9,
        idf_power: 0.0,
        length_power: 0.0,
        reach: 1e9,
        backward: 1.0,
        repeat: 0.0,
    }
}

#[track_caller]
fn check(config: &SessionKnnConfig, data: &Dataset, running: &[u32], want: &[f32]) {
    let model = train(data, config, &mut silent()).unwrap();
    let mut scores = vec![f32::NAN; data.n_items()];
    model
        .view()
        .score_all(&history(running), &mut scores)
        .unwrap();
    for (got, want) in scores.iter().zip(want) {
        assert!((got - want).abs() < 1e-5, "{scores:?}, not {want:?}");
    }
}

#[test]
fn shared_items_count_by_hand() {
    let data = sessions(5, &[&[0, 1, 2], &[1, 3], &[4, 4]]);
    // Items 0 and 1 are shared with the first session, item 1 with the second.
    check(&plain(), &data, &[0, 1], &[2.0, 0.0, 2.0, 1.0, 0.0]);
    check(&plain(), &data, &[4], &[0.0, 0.0, 0.0, 0.0, 1.0]);
    check(&plain(), &data, &[], &[0.0; 5]);
}

#[test]
fn sides_and_distance_from_the_latest_shared_item_count() {
    let data = sessions(5, &[&[4, 0, 1, 2, 3]]);
    let config = SessionKnnConfig {
        reach: 1.0 / std::f64::consts::LN_2,
        backward: 0.1,
        repeat: 7.0,
        ..plain()
    };
    // Both 0 and 2 are shared, 2 last: it stands at place 3.
    check(&config, &data, &[0, 2], &[0.1, 0.2, 14.0, 2.0, 0.05]);
}

#[test]
fn only_the_latest_sessions_of_an_item_are_looked_at() {
    let data = sessions(4, &[&[0, 1], &[0, 2], &[0, 3]]);
    let config = SessionKnnConfig {
        sessions_per_item: 2,
        ..plain()
    };
    check(&config, &data, &[0], &[0.0, 0.0, 1.0, 1.0]);
    // Later rows are later sessions, and win among equals only by being found: one neighbor is row 1.
    let config = SessionKnnConfig {
        neighbors: 1,
        ..config
    };
    check(&config, &data, &[0], &[0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn only_the_latest_events_are_looked_at() {
    let data = sessions(4, &[&[0, 1], &[2, 3]]);
    let config = SessionKnnConfig {
        max_events: 1,
        ..plain()
    };
    check(&config, &data, &[0, 2, 2], &[0.0, 0.0, 0.0, 1.0]);
}

/// The formula of the module, over every session and every item, without lists or sorting.
fn brute_force(data: &Dataset, config: &SessionKnnConfig, running: &[u32]) -> Vec<f64> {
    let n_sessions = data.n_users() as f64;
    let holds = |item: u32| {
        let rows = data.by_user().rows();
        rows.filter(|row| row.columns.contains(&item)).count() as f64
    };
    let mut sizes = Vec::new();
    for (number, row) in data.by_user().rows().enumerate() {
        let mut size = 0.0;
        let mut anchor = None;
        for (age, item) in running.iter().rev().enumerate() {
            let again = running[running.len() - age..].contains(item);
            if again || !row.columns.contains(item) {
                continue;
            }
            anchor.get_or_insert(row.columns.iter().rposition(|other| other == item).unwrap());
            let idf = (1.0 + n_sessions / holds(*item))
                .ln()
                .powf(config.idf_power);
            size += (-(age as f64) / config.position_decay).exp() * idf;
        }
        let length = (row.columns.len() as f64).powf(config.length_power);
        if let Some(anchor) = anchor {
            sizes.push((size / length, number, anchor));
        }
    }
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut scores = vec![0.0; data.n_items()];
    for (size, number, anchor) in sizes.into_iter().take(config.neighbors) {
        let row = data.by_user().row(number);
        for (place, &item) in row.columns.iter().enumerate() {
            let decay = |distance: usize| (-((distance - 1) as f64) / config.reach).exp();
            scores[item as usize] += size
                * match place.cmp(&anchor) {
                    std::cmp::Ordering::Greater => decay(place - anchor),
                    std::cmp::Ordering::Less => config.backward * decay(anchor - place),
                    std::cmp::Ordering::Equal => config.repeat,
                };
        }
    }
    scores
}

#[test]
fn scores_are_those_of_the_brute_force() {
    let world = BlockWorld::small(3);
    let config = SessionKnnConfig {
        neighbors: 1000,
        ..SessionKnnConfig::default()
    };
    let model = train(&world.data, &config, &mut silent()).unwrap();
    let mut scores = vec![0.0; world.data.n_items()];
    for viewer in &world.viewers {
        let mut running: Vec<u32> = viewer.history.iter().map(|entry| entry.item.0).collect();
        running.push(running[0]);
        model
            .view()
            .score_all(&history(&running), &mut scores)
            .unwrap();
        let want = brute_force(&world.data, &config, &running);
        for (got, want) in scores.iter().zip(want) {
            assert!(
                (f64::from(*got) - want).abs() < 1e-4 * (1.0 + want),
                "{got} {want}"
            );
        }
    }
}

#[test]
fn sections_that_make_no_model_are_refused() {
    let data = sessions(3, &[&[0, 1], &[1, 2]]);
    let model = train(&data, &plain(), &mut silent()).unwrap();
    let good = [10.0, 10.0, 1.0, 0.0, 1.0, 1.0, 0.0];
    let open = |constants: &[f64], n_weights: usize| {
        let mut builder = ArtifactBuilder::new(NAME, 1);
        for (name, rows) in [("sessions", &model.sessions), ("latest", &model.latest)] {
            let offsets = &rows.offsets;
            builder.section(&format!("{name}.offsets"), &[offsets.len() as u64], offsets);
            let entries = rows.columns.len() as u64;
            builder.section(&format!("{name}.columns"), &[entries], &rows.columns);
        }
        builder.section(
            "item_weights",
            &[n_weights as u64],
            &model.item_weights[..n_weights],
        );
        builder.section("constants", &[constants.len() as u64], constants);
        let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
        SessionKnnView::open(&artifact).map(|_| ())
    };
    assert!(open(&good, 3).is_ok());
    assert!(matches!(open(&good, 2), Err(Error::SparseSections { .. })));
    assert!(matches!(
        open(&good[1..], 3),
        Err(Error::SectionShape { .. })
    ));
    for (place, wrong) in [(0, 0.5), (1, 0.0), (2, f64::NAN), (4, -1.0), (5, -1.0)] {
        let mut constants = good;
        constants[place] = wrong;
        let got = open(&constants, 3);
        assert!(matches!(got, Err(Error::Config { .. })), "{got:?}");
    }
}
