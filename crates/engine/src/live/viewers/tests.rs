use std::convert::Infallible;

use marquee_core::{EventKind, ItemId, Timestamp, UserId};

use super::*;

fn actor(number: usize) -> Actor {
    Actor::User(UserId::new(format!("u{number}")).unwrap())
}

fn deed(seq: u64, kind: EventKind) -> Deed {
    Deed {
        seq,
        time: Timestamp::from_seconds(1),
        kind,
        value: 1.0,
        length_s: 0.0,
        item: Some(ItemId::new("m").unwrap()),
        id: u128::from(seq),
        target: 0,
        session: 0,
    }
}

fn load(deeds: Vec<Deed>) -> impl FnOnce() -> Result<Vec<Deed>, Infallible> {
    move || Ok(deeds)
}

fn seqs(log: &ViewerLog) -> Vec<u64> {
    log.deeds.iter().map(|deed| deed.seq).collect()
}

#[test]
fn what_was_read_is_not_added_again() {
    let viewers = Viewers::new(1 << 20, 100);
    viewers.add(&actor(0), &deed(1, EventKind::Play));
    let read = vec![deed(1, EventKind::Play), deed(5, EventKind::Play)];
    let Ok(log) = viewers.log(&actor(0), load(read));
    assert_eq!(seqs(&log), [1, 5]);
    viewers.add(&actor(0), &deed(5, EventKind::Play));
    viewers.add(&actor(0), &deed(6, EventKind::Play));
    let Ok(later) = viewers.log(&actor(0), load(Vec::new()));
    assert_eq!(seqs(&later), [1, 5, 6]);
    // Whoever reads keeps what he has.
    assert_eq!(seqs(&log), [1, 5]);
}

#[test]
fn memory_is_bounded_and_the_longest_unused_go_first() {
    let viewers = Viewers::new(N_SHARDS * 2000, 100);
    for number in 0..500 {
        let Ok(_) = viewers.log(&actor(number), load(vec![deed(1, EventKind::Play)]));
    }
    let (known, bytes) = viewers.size();
    assert!(bytes <= N_SHARDS * 2000, "{bytes}");
    assert!(known < 500);
    let mut reads = 0;
    let Ok(_) = viewers.log(&actor(499), || {
        reads += 1;
        load(Vec::new())()
    });
    assert_eq!(reads, 0, "the last one is still there");
    viewers.forget(&actor(499));
    let Ok(log) = viewers.log(&actor(499), load(vec![deed(9, EventKind::Play)]));
    assert_eq!(seqs(&log), [9]);
    viewers.clear();
    assert_eq!(viewers.size(), (0, 0));
}

#[test]
fn old_deeds_go_but_what_was_spoken_against_stays() {
    let viewers = Viewers::new(1 << 20, 10);
    let Ok(_) = viewers.log(&actor(0), load(vec![deed(1, EventKind::Hide)]));
    for seq in 2..100 {
        viewers.add(&actor(0), &deed(seq, EventKind::Play));
    }
    let Ok(log) = viewers.log(&actor(0), load(Vec::new()));
    let seqs = seqs(&log);
    assert!(seqs.len() <= 10);
    assert_eq!((seqs[0], seqs[seqs.len() - 1]), (1, 99));
}

#[test]
fn somebody_who_only_speaks_against_things_is_bounded_too() {
    let deeds = (1..100).map(|seq| deed(seq, EventKind::Hide)).collect();
    let log = ViewerLog::new(deeds, 10);
    assert_eq!(log.deeds.len(), 10);
    assert_eq!(log.deeds[9].seq, 99);
    assert_eq!(log.faded, []);
}

#[test]
fn what_fades_is_the_same_one_by_one_and_together_and_is_bounded() {
    let of = |seq: u64| {
        let kinds = [EventKind::Play, EventKind::Hide, EventKind::Like];
        let mut deed = deed(seq, kinds[usize::try_from(seq * seq % 7 % 3).unwrap()]);
        deed.item = Some(ItemId::new(format!("m{seq}")).unwrap());
        deed
    };
    for count in [1, 9, 10, 11, 15, 40, 300] {
        let viewers = Viewers::new(1 << 20, 10);
        let Ok(_) = viewers.log(&actor(0), load(vec![of(1)]));
        for seq in 2..=count {
            viewers.add(&actor(0), &of(seq));
        }
        let Ok(one_by_one) = viewers.log(&actor(0), load(Vec::new()));
        let together = ViewerLog::new((1..=count).map(of).collect(), 10);
        assert_eq!(*one_by_one, together, "{count}");
        assert!(together.faded.len() <= FADED * 10);
    }
}
