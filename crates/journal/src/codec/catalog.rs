//! Records of items and users as bytes.

use marquee_core::{
    Artwork, ArtworkId, AvailabilityWindow, CreatorId, Item, ItemId, ItemKind, Timestamp, User,
    UserId,
};

use super::{Decoder, MAX_LIST, put_id, put_seconds, put_signed, put_text, put_varint};
use crate::Problem;

/// Every kind of item with its number in files, which never changes.
const KINDS: [ItemKind; 9] = [
    ItemKind::Other,
    ItemKind::Movie,
    ItemKind::Series,
    ItemKind::Episode,
    ItemKind::Clip,
    ItemKind::Post,
    ItemKind::Music,
    ItemKind::Book,
    ItemKind::Product,
];

pub(super) fn encode_item(to: &mut Vec<u8>, item: &Item) {
    put_id(to, item.id.as_str());
    put_text(to, &item.title);
    to.push(kind_number(item.kind));
    put_list(to, &item.genres, |to, text| put_text(to, text));
    put_list(to, &item.tags, |to, text| put_text(to, text));
    put_list(to, &item.creators, |to, id| put_id(to, id.as_str()));
    put_text(to, &item.description);
    put_option(to, item.language.as_deref(), put_text);
    put_option(to, item.released, put_time);
    put_option(to, item.duration, put_seconds);
    put_option(to, item.minimum_age, |to, age| to.push(age));
    put_option(to, item.series.as_ref(), |to, id| put_id(to, id.as_str()));
    put_option(to, item.episode, |to, n| put_varint(to, n.into()));
    put_list(to, &item.availability, |to, window| {
        put_option(to, window.start, put_time);
        put_option(to, window.end, put_time);
    });
    put_list(to, &item.artworks, |to, artwork| {
        put_id(to, artwork.id.as_str());
        put_text(to, &artwork.uri);
    });
}

pub(super) fn decode_item(from: &mut Decoder<'_>) -> Result<Item, Problem> {
    Ok(Item {
        id: from.id(ItemId::new)?,
        title: owned_text(from)?,
        kind: kind_of(from.byte()?)?,
        genres: list(from, owned_text)?,
        tags: list(from, owned_text)?,
        creators: list(from, |from| from.id(CreatorId::new))?,
        description: owned_text(from)?,
        language: option(from, owned_text)?,
        released: option(from, time)?,
        duration: option(from, Decoder::seconds)?,
        minimum_age: option(from, Decoder::byte)?,
        series: option(from, |from| from.id(ItemId::new))?,
        episode: option(from, |from| from.short("episode"))?,
        availability: list(from, |from| {
            Ok(AvailabilityWindow {
                start: option(from, time)?,
                end: option(from, time)?,
            })
        })?,
        artworks: list(from, |from| {
            Ok(Artwork {
                id: from.id(ArtworkId::new)?,
                uri: owned_text(from)?,
            })
        })?,
    })
}

pub(super) fn encode_user(to: &mut Vec<u8>, user: &User) {
    put_id(to, user.id.as_str());
    put_option(to, user.age, |to, age| to.push(age));
    for text in [
        &user.gender,
        &user.occupation,
        &user.country,
        &user.language,
    ] {
        put_option(to, text.as_deref(), put_text);
    }
    put_option(to, user.joined, put_time);
}

pub(super) fn decode_user(from: &mut Decoder<'_>) -> Result<User, Problem> {
    Ok(User {
        id: from.id(UserId::new)?,
        age: option(from, Decoder::byte)?,
        gender: option(from, owned_text)?,
        occupation: option(from, owned_text)?,
        country: option(from, owned_text)?,
        language: option(from, owned_text)?,
        joined: option(from, time)?,
    })
}

const fn kind_number(kind: ItemKind) -> u8 {
    match kind {
        ItemKind::Other => 0,
        ItemKind::Movie => 1,
        ItemKind::Series => 2,
        ItemKind::Episode => 3,
        ItemKind::Clip => 4,
        ItemKind::Post => 5,
        ItemKind::Music => 6,
        ItemKind::Book => 7,
        ItemKind::Product => 8,
    }
}

fn kind_of(number: u8) -> Result<ItemKind, Problem> {
    let kind = KINDS.get(usize::from(number)).copied();
    kind.ok_or(Problem::Unknown {
        what: "kind of item",
        found: number.into(),
    })
}

fn put_list<T>(to: &mut Vec<u8>, list: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_varint(to, list.len() as u64);
    for one in list {
        put(to, one);
    }
}

fn list<'a, T>(
    from: &mut Decoder<'a>,
    take: impl Fn(&mut Decoder<'a>) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let n = from.limited("length of a list", MAX_LIST)?;
    // Not reserved ahead: the number may be anything, the bytes that follow are what there is.
    (0..n).map(|_| take(from)).collect()
}

fn put_option<T>(to: &mut Vec<u8>, value: Option<T>, put: impl Fn(&mut Vec<u8>, T)) {
    match value {
        None => to.push(0),
        Some(value) => {
            to.push(1);
            put(to, value);
        }
    }
}

fn option<'a, T>(
    from: &mut Decoder<'a>,
    take: impl FnOnce(&mut Decoder<'a>) -> Result<T, Problem>,
) -> Result<Option<T>, Problem> {
    match from.byte()? {
        0 => Ok(None),
        1 => take(from).map(Some),
        found => Err(Problem::Unknown {
            what: "mark of an optional value",
            found: found.into(),
        }),
    }
}

fn put_time(to: &mut Vec<u8>, time: Timestamp) {
    put_signed(to, time.as_millis());
}

fn time(from: &mut Decoder<'_>) -> Result<Timestamp, Problem> {
    from.signed().map(Timestamp::from_millis)
}

fn owned_text(from: &mut Decoder<'_>) -> Result<String, Problem> {
    from.text().map(str::to_owned)
}
