use marquee_core::{
    Action, Actor, Artwork, ArtworkId, AvailabilityWindow, CreatorId, Event, EventId, Item, ItemId,
    ItemKind, RecommendationId, Seconds, SessionId, Surface, ThumbDirection, Timestamp, User,
    UserId,
};
use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::Entry;

fn id<T>(make: fn(String) -> Result<T, IdError>) -> impl Strategy<Value = T>
where
    T: std::fmt::Debug,
{
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    prop_oneof!["\\PC{1,40}", uuid, "[0-9a-f-]{36}"].prop_map(move |text| make(text).unwrap())
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), 0..4_000_000_000_000_i64].prop_map(Timestamp::from_millis)
}

fn seconds() -> impl Strategy<Value = Seconds> {
    let number = prop_oneof![
        -1e20..1e20_f64,
        0.0..1e7_f64,
        (0..10_000_000_i64).prop_map(|millis| Seconds::from_millis(millis).0),
        Just(-0.0),
        Just(f64::INFINITY),
    ];
    number.prop_map(Seconds)
}

fn action() -> impl Strategy<Value = Action> {
    let item = || id(ItemId::new);
    prop_oneof![
        item().prop_map(|item| Action::Impression { item }),
        (item(), seconds(), option::of(seconds())).prop_map(|(item, watched, duration)| {
            Action::Play {
                item,
                watched,
                duration,
            }
        }),
        (item(), seconds()).prop_map(|(item, position)| Action::Pause { item, position }),
        (item(), seconds()).prop_map(|(item, watched)| Action::Rewatch { item, watched }),
        (item(), -1e9..1e9_f32).prop_map(|(item, rating)| Action::Rate { item, rating }),
        (
            item(),
            prop_oneof![
                Just(ThumbDirection::Down),
                Just(ThumbDirection::Up),
                Just(ThumbDirection::DoubleUp),
            ]
        )
            .prop_map(|(item, direction)| Action::Thumb { item, direction }),
        (item(), "\\PC{0,200}").prop_map(|(item, text)| Action::Comment { item, text }),
        (item(), "\\PC{0,20}").prop_map(|(item, reason)| Action::Report { item, reason }),
        id(CreatorId::new).prop_map(|creator| Action::Follow { creator }),
        "\\PC{0,50}".prop_map(|query| Action::Search { query }),
        id(EventId::new).prop_map(|event| Action::Retract { event }),
        item().prop_map(|item| Action::Open { item }),
        item().prop_map(|item| Action::Like { item }),
        item().prop_map(|item| Action::Share { item }),
        item().prop_map(|item| Action::Save { item }),
        item().prop_map(|item| Action::Hide { item }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let actor = prop_oneof![
        id(UserId::new).prop_map(Actor::User),
        id(SessionId::new).prop_map(Actor::Session),
    ];
    let surface = (
        "\\PC{0,10}",
        any::<u32>(),
        any::<u32>(),
        option::of(id(ArtworkId::new)),
    );
    let surface = surface.prop_map(|(page, row, position, artwork)| Surface {
        page,
        row,
        position,
        artwork,
    });
    (
        option::of(id(EventId::new)),
        actor,
        time(),
        action(),
        option::of(surface),
        option::of("\\PC{0,10}"),
        option::of(id(SessionId::new)),
        option::of(id(RecommendationId::new)),
    )
        .prop_map(
            |(id, actor, time, action, surface, device, session, recommendation)| Event {
                id,
                actor,
                time,
                action,
                surface,
                device,
                session,
                recommendation,
            },
        )
}

fn item() -> impl Strategy<Value = Item> {
    let window = (option::of(time()), option::of(time()));
    let window = window.prop_map(|(start, end)| AvailabilityWindow { start, end });
    let artwork = (id(ArtworkId::new), "\\PC{0,30}");
    let artwork = artwork.prop_map(|(id, uri)| Artwork { id, uri });
    let texts = || vec("\\PC{0,12}", 0..4);
    (
        (id(ItemId::new), "\\PC{0,30}", 0..9_usize, texts(), texts()),
        (vec(id(CreatorId::new), 0..3), "\\PC{0,300}"),
        (option::of("\\PC{0,8}"), option::of(time())),
        (option::of(seconds()), option::of(any::<u8>())),
        (option::of(id(ItemId::new)), option::of(any::<u32>())),
        (vec(window, 0..3), vec(artwork, 0..3)),
    )
        .prop_map(|(named, text, dated, sized, part, shown)| Item {
            id: named.0,
            title: named.1,
            kind: [
                ItemKind::Other,
                ItemKind::Movie,
                ItemKind::Series,
                ItemKind::Episode,
                ItemKind::Clip,
                ItemKind::Post,
                ItemKind::Music,
                ItemKind::Book,
                ItemKind::Product,
            ][named.2],
            genres: named.3,
            tags: named.4,
            creators: text.0,
            description: text.1,
            language: dated.0,
            released: dated.1,
            duration: sized.0,
            minimum_age: sized.1,
            series: part.0,
            episode: part.1,
            availability: shown.0,
            artworks: shown.1,
        })
}

fn user() -> impl Strategy<Value = User> {
    let text = || option::of("\\PC{0,12}");
    let parts = (id(UserId::new), option::of(any::<u8>()), option::of(time()));
    (parts, text(), text(), text(), text()).prop_map(
        |((id, age, joined), gender, occupation, country, language)| User {
            id,
            age,
            gender,
            occupation,
            country,
            language,
            joined,
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        6 => event().prop_map(Entry::Event),
        2 => item().prop_map(Entry::PutItem),
        1 => id(ItemId::new).prop_map(Entry::DeleteItem),
        1 => user().prop_map(Entry::PutUser),
        1 => id(UserId::new).prop_map(Entry::DeleteUser),
        1 => (id(SessionId::new), id(UserId::new), time()).prop_map(|(session, user, time)| {
            Entry::SignIn { session, user, time }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entry_comes_back_as_it_was(entry in entry(), received in time()) {
        let mut bytes = Vec::new();
        encode_entry(&mut bytes, &entry, received).unwrap();
        prop_assert_eq!(decode_entry(&bytes, received), Ok(entry));
        // Nothing shorter is an entry, and nothing longer.
        for end in 0..bytes.len() {
            prop_assert!(decode_entry(&bytes[..end], received).is_err());
        }
        bytes.push(0);
        prop_assert!(decode_entry(&bytes, received).is_err());
    }

    #[test]
    fn any_bytes_are_an_entry_or_a_problem(bytes in vec(any::<u8>(), 0..80), tag in 0..8_u8) {
        let bytes = [&[tag], &bytes[..]].concat();
        if let Ok(entry) = decode_entry(&bytes, Timestamp::EPOCH) {
            let mut again = Vec::new();
            encode_entry(&mut again, &entry, Timestamp::EPOCH).unwrap();
            prop_assert!(again.len() <= bytes.len());
        }
    }

    #[test]
    fn damaged_entry_is_an_entry_or_a_problem(entry in entry(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = Vec::new();
        encode_entry(&mut bytes, &entry, Timestamp::EPOCH).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        // It must come back, whatever it says.
        drop(decode_entry(&bytes, Timestamp::EPOCH));
    }

    #[test]
    fn numbers_come_back(value in any::<u64>(), signed in any::<i64>()) {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, value);
        put_signed(&mut bytes, signed);
        let mut from = Decoder::new(&bytes);
        prop_assert_eq!(from.varint(), Ok(value));
        prop_assert_eq!(from.signed(), Ok(signed));
        prop_assert_eq!(from.finish(), Ok(()));
    }
}

#[test]
fn number_of_more_than_64_bits_is_refused() {
    let mut bytes = [0xff; 10];
    bytes[9] = 2;
    assert!(Decoder::new(&bytes).varint().is_err());
    bytes[9] = 1;
    assert_eq!(Decoder::new(&bytes).varint(), Ok(u64::MAX));
    assert!(Decoder::new(&[0xff; 20]).varint().is_err());
}

#[test]
fn uuid_takes_17_bytes_and_anything_like_it_its_own_length() {
    #[track_caller]
    fn check(text: &str, want: usize) {
        let mut bytes = Vec::new();
        put_id(&mut bytes, text);
        assert_eq!(bytes.len(), want);
        assert_eq!(
            Decoder::new(&bytes).id(EventId::new).unwrap().as_str(),
            text
        );
    }
    check("0188d2f5-7a1b-7c3d-8e4f-0123456789ab", 17);
    check("0188D2F5-7a1b-7c3d-8e4f-0123456789ab", 37);
    check("0188d2f57-a1b-7c3d-8e4f-0123456789ab", 37);
    check("0188d2f5-7a1b-7c3d-8e4f-0123456789a", 36);
    check("e", 2);
}

#[test]
fn whole_milliseconds_are_short() {
    #[track_caller]
    fn check(seconds: f64, want: usize) {
        let mut bytes = Vec::new();
        put_seconds(&mut bytes, Seconds(seconds));
        assert_eq!(bytes.len(), want);
        let back = Decoder::new(&bytes).seconds().unwrap();
        assert_eq!(back.0.to_bits(), seconds.to_bits());
    }
    check(0.0, 1);
    check(7200.0, 4);
    check(1.5, 2);
    check(-0.0, 9);
    check(-1.0, 9);
    check(1.0 / 3.0, 9);
    check(f64::NAN, 9);
}
