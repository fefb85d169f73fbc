use marquee_core::{EventKind, Timestamp};

use super::*;

fn session(id: &str) -> Actor {
    Actor::Session(SessionId::new(id).unwrap())
}

fn user(id: &str) -> Actor {
    Actor::User(UserId::new(id).unwrap())
}

fn sign_in(live: &Live, session: &str, user: &str) {
    let committed = Committed {
        seq: 1,
        received: Timestamp::EPOCH,
        entry: Entry::SignIn {
            session: SessionId::new(session).unwrap(),
            user: UserId::new(user).unwrap(),
            time: Timestamp::EPOCH,
        },
    };
    live.committed(&[committed], &mut |_| {}, &mut || {});
}

#[test]
fn a_session_belongs_to_whom_signed_in_last() {
    let live = Live::new(LiveLimits::default());
    assert_eq!(live.owner(&session("s")), session("s"));
    sign_in(&live, "s", "ann");
    assert_eq!(live.owner(&session("s")), user("ann"));
    assert_eq!(live.actors_of(&user("ann")), [user("ann"), session("s")]);
    sign_in(&live, "s", "bob");
    assert_eq!(live.owner(&session("s")), user("bob"));
    assert_eq!(live.actors_of(&user("ann")), [user("ann")]);
    live.forget_user(&UserId::new("bob").unwrap());
    assert_eq!(live.owner(&session("s")), session("s"));
    assert_eq!(live.visible_seq(), 1);
}

#[test]
fn a_crowd_that_was_put_together_while_it_changed_is_not_kept() {
    let live = Live::new(LiveLimits::default());
    let item = ItemId::new("m").unwrap();
    let crowd = live.crowd(&item, || {
        live.forget_crowds();
        Crowd {
            n_viewers: 1,
            ..Crowd::default()
        }
    });
    assert_eq!(crowd.n_viewers, 1);
    let again = live.crowd(&item, || Crowd {
        n_viewers: 2,
        ..Crowd::default()
    });
    assert_eq!(again.n_viewers, 2);
    let kept = live.crowd(&item, Crowd::default);
    assert_eq!(kept.n_viewers, 2);
}

#[test]
fn what_says_nothing_of_an_item_is_not_kept() {
    let event = |action| marquee_core::Event {
        id: None,
        actor: user("ann"),
        time: Timestamp::EPOCH,
        action,
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    };
    let search = marquee_core::Action::Search {
        query: "heat".to_owned(),
    };
    assert_eq!(Deed::of(1, &event(search)), None);
    let like = marquee_core::Action::Like {
        item: ItemId::new("m").unwrap(),
    };
    assert_eq!(Deed::of(1, &event(like)).unwrap().kind, EventKind::Like);
}
