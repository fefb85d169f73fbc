use marquee_core::ItemId;

use super::*;

/// `m0` to `m9` are known to the model, `m10` and up are not.
fn row_of(id: &str) -> Option<ItemIdx> {
    id.strip_prefix('m')?.parse().ok().map(ItemIdx)
}

fn rows() -> Rows<'static> {
    Rows {
        of: &row_of,
        n_known: 10,
    }
}

fn deed(seq: u64, kind: EventKind, item: &str, value: f32) -> Deed {
    Deed {
        seq,
        time: Timestamp::from_seconds(i64::try_from(seq).unwrap()),
        kind,
        value,
        length_s: 0.0,
        item: Some(ItemId::new(item).unwrap()),
        id: u128::from(seq),
        target: 0,
        session: 0,
    }
}

fn retract(seq: u64, target: u64) -> Deed {
    Deed {
        kind: EventKind::Retract,
        item: None,
        target: u128::from(target),
        ..deed(seq, EventKind::Retract, "m0", 1.0)
    }
}

fn entry(item: u32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    }
}

fn of(base: Base<'_>, deeds: &[Deed]) -> Past {
    past(base, deeds, &rows(), &Selection::default())
}

fn items(past: &Past) -> Vec<u32> {
    past.history.iter().map(|entry| entry.item.0).collect()
}

#[test]
fn a_retraction_gives_back_what_was_before() {
    let history = [entry(1), entry(2)];
    let base = Base {
        history: &history,
        opposed: &[7],
        seq: 0,
    };
    let before = of(base, &[deed(1, EventKind::Play, "m3", 9.0)]);
    assert_eq!(items(&before), [1, 2, 3]);
    let deeds = [
        deed(1, EventKind::Play, "m3", 9.0),
        deed(2, EventKind::Thumb, "m1", -1.0),
    ];
    let down = of(base, &deeds);
    assert_eq!(items(&down), [2, 3]);
    assert_eq!(down.opposed, [ItemIdx(1), ItemIdx(7)]);
    assert_eq!(down.disliked[0].item, ItemIdx(1));
    let [first, second] = deeds;
    let undone = of(base, &[first, second, retract(3, 2)]);
    assert_eq!(undone, before);
}

#[test]
fn a_retraction_that_is_taken_back_does_nothing() {
    let play = deed(1, EventKind::Play, "m3", 9.0);
    let base = Base::default();
    let kept = of(base, &[play.clone(), retract(2, 1), retract(3, 2)]);
    assert_eq!(kept, of(base, &[play]));
}

#[test]
fn events_that_the_model_was_trained_on_count_once() {
    let history = [entry(3), entry(4)];
    let base = Base {
        history: &history,
        opposed: &[],
        seq: 2,
    };
    let deeds = [
        deed(1, EventKind::Play, "m3", 9.0),
        deed(2, EventKind::Play, "m4", 9.0),
        deed(3, EventKind::Play, "m5", 9.0),
    ];
    let past = of(base, &deeds);
    assert_eq!(items(&past), [3, 4, 5]);
    assert!(
        past.history
            .iter()
            .all(|entry| (entry.weight - 1.0).abs() < 1e-6)
    );
    // Taken back after the training, an event takes its item along, unless another stands for it.
    let [first, second, third] = deeds;
    let again = deed(4, EventKind::Play, "m4", 9.0);
    let taken = of(
        base,
        &[first, second, third, again, retract(5, 1), retract(6, 2)],
    );
    assert_eq!(items(&taken), [5, 4]);
}

#[test]
fn titles_that_the_model_does_not_know_are_seen_but_not_ranked_by() {
    let past = of(Base::default(), &[deed(1, EventKind::Play, "m12", 9.0)]);
    assert!(past.is_blank());
    assert_eq!(past.also_seen, [ItemIdx(12)]);
}

#[test]
fn a_later_play_ends_a_dislike() {
    let down = deed(1, EventKind::Thumb, "m3", -1.0);
    let hidden = deed(2, EventKind::Hide, "m4", 1.0);
    let past = of(Base::default(), &[down.clone(), hidden.clone()]);
    assert_eq!(past.disliked.len(), 2);
    let play = deed(3, EventKind::Play, "m3", 9.0);
    let past = of(Base::default(), &[down, hidden, play]);
    assert_eq!(past.disliked.len(), 1);
    assert_eq!(past.disliked[0].item, ItemIdx(4));
}

#[test]
fn the_session_gets_its_share_of_the_weight() {
    let history: Vec<HistoryEntry> = (0..9).map(entry).collect();
    let base = Base {
        history: &history,
        opposed: &[],
        seq: 0,
    };
    let tonight = Deed {
        session: 77,
        ..deed(1, EventKind::Play, "m9", 9.0)
    };
    let deeds = [tonight];
    let mut past = of(base, &deeds);
    emphasize_session(&mut past, &deeds, 77, &rows());
    let weight = past.history.last().unwrap().weight;
    assert!((weight / (9.0 + weight) - 1.0 / 3.0).abs() < 1e-5);
    let before = past.clone();
    emphasize_session(&mut past, &deeds, 78, &rows());
    assert_eq!(past, before, "another session changes nothing");
}
