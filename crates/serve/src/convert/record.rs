//! Records of the catalog from the wire, checked.

use std::collections::HashSet;

use marquee_core::{
    Artwork, ArtworkId, AvailabilityWindow, CreatorId, Item, ItemId, Seconds, Timestamp, User,
    UserId,
};
use marquee_proto::v1;

use super::{
    Fields,
    catalog::{kind_from_wire, millis_of, timestamp},
};
use crate::refusal::Refusal;

/// Most records of one call or batch.
const MAX_RECORDS: usize = 500;
/// Longest title, in bytes.
const MAX_TITLE: usize = 1024;
/// Longest description, in bytes.
const MAX_DESCRIPTION: usize = 65_536;
/// Longest address of an image, in bytes.
const MAX_URI: usize = 2048;
/// Longest genre, tag and other short text, in bytes.
const MAX_TEXT: usize = 256;
/// Longest country, language and gender, in bytes.
const MAX_CODE: usize = 64;
/// Most genres, windows and artworks of a title.
const MAX_GENRES: usize = 64;
/// Most tags and creators of a title.
const MAX_TAGS: usize = 256;
/// Longest length of time: 30 days.
const MAX_SECONDS: f64 = 30.0 * 86_400.0;

/// Titles that are to be written.
///
/// # Errors
///
/// [`Refusal::InvalidFields`] with every field that breaks a limit.
pub(crate) fn items(wire: &[v1::Item]) -> Result<Vec<Item>, Refusal> {
    records("items", wire, |fields, path, wire| {
        let item = item(fields, path, wire)?;
        Some((item.id.as_str().to_owned(), item))
    })
}

/// Users that are to be written.
///
/// # Errors
///
/// As [`items`].
pub(crate) fn users(wire: &[v1::User]) -> Result<Vec<User>, Refusal> {
    records("users", wire, |fields, path, wire| {
        let user = user(fields, path, wire)?;
        Some((user.id.as_str().to_owned(), user))
    })
}

/// Every record of a list, none with the id of another.
fn records<W, T>(
    list: &str,
    wire: &[W],
    mut convert: impl FnMut(&mut Fields, &str, &W) -> Option<(String, T)>,
) -> Result<Vec<T>, Refusal> {
    let mut fields = Fields::default();
    if wire.is_empty() {
        fields.fail(list, "expected at least one, found none");
    }
    if !fields.is_short(list, wire.len(), MAX_RECORDS) {
        return fields.finish(None);
    }
    let mut ids = HashSet::new();
    let mut all = Vec::with_capacity(wire.len());
    for (place, one) in wire.iter().enumerate() {
        let path = format!("{list}[{place}]");
        let Some((id, record)) = convert(&mut fields, &path, one) else {
            continue;
        };
        if !ids.insert(id) {
            fields.fail(path, "expected each id once, found it before");
        }
        all.push(record);
    }
    fields.finish(Some(all))
}

fn item(fields: &mut Fields, path: &str, wire: &v1::Item) -> Option<Item> {
    let at = |field: &str| format!("{path}.{field}");
    text(fields, at("title"), &wire.title, MAX_TITLE);
    text(
        fields,
        at("description"),
        &wire.description,
        MAX_DESCRIPTION,
    );
    text(fields, at("language"), &wire.language, MAX_CODE);
    texts(fields, &at("genres"), &wire.genres, MAX_GENRES);
    texts(fields, &at("tags"), &wire.tags, MAX_TAGS);
    let kind = kind_from_wire(wire.kind);
    if kind.is_none() {
        fields.fail(at("kind"), "expected a kind that this version knows");
    }
    let series = wire.series_id.as_deref();
    let item = Item {
        id: fields.item_id(at("item_id"), &wire.item_id)?,
        title: wire.title.clone(),
        kind: kind?,
        genres: wire.genres.clone(),
        tags: wire.tags.clone(),
        creators: creators(fields, &at("creator_ids"), &wire.creator_ids),
        description: wire.description.clone(),
        language: some_text(&wire.language),
        released: moment(fields, at("released"), wire.released.as_ref()),
        duration: length(fields, at("duration"), wire.duration.as_ref()),
        minimum_age: years(fields, at("minimum_age"), wire.minimum_age),
        series: series.and_then(|id| fields.item_id(at("series_id"), id)),
        episode: wire.episode,
        availability: windows(fields, &at("availability"), &wire.availability),
        artworks: artworks(fields, &at("artworks"), &wire.artworks),
    };
    Some(item)
}

fn user(fields: &mut Fields, path: &str, wire: &v1::User) -> Option<User> {
    let at = |field: &str| format!("{path}.{field}");
    for (field, value, most) in [
        ("gender", &wire.gender, MAX_CODE),
        ("occupation", &wire.occupation, MAX_TEXT),
        ("country", &wire.country, MAX_CODE),
        ("language", &wire.language, MAX_CODE),
    ] {
        text(fields, at(field), value, most);
    }
    Some(User {
        id: fields.id(at("user_id"), UserId::new(&wire.user_id))?,
        age: years(fields, at("age"), wire.age),
        gender: some_text(&wire.gender),
        occupation: some_text(&wire.occupation),
        country: some_text(&wire.country),
        language: some_text(&wire.language),
        joined: moment(fields, at("joined"), wire.joined.as_ref()),
    })
}

/// A user to the wire.
pub(crate) fn user_to_wire(user: User) -> v1::User {
    v1::User {
        user_id: user.id.into(),
        age: user.age.map(u32::from),
        gender: user.gender.unwrap_or_default(),
        occupation: user.occupation.unwrap_or_default(),
        country: user.country.unwrap_or_default(),
        language: user.language.unwrap_or_default(),
        joined: user.joined.map(timestamp),
    }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(fields: &mut Fields, field: String, found: &str, most: usize) {
    let bytes = found.len();
    if bytes > most {
        fields.fail(
            field,
            format!("expected at most {most} bytes, found {bytes}"),
        );
    }
}

/// Texts of 1 to [`MAX_TEXT`] bytes, at most `most` of them.
fn texts(fields: &mut Fields, field: &str, found: &[String], most: usize) {
    if !fields.is_short(field, found.len(), most) {
        return;
    }
    for (place, text) in found.iter().enumerate() {
        let bytes = text.len();
        if !(1..=MAX_TEXT).contains(&bytes) {
            let problem = format!("expected 1 to {MAX_TEXT} bytes, found {bytes}");
            fields.fail(format!("{field}[{place}]"), problem);
        }
    }
}

fn creators(fields: &mut Fields, field: &str, ids: &[String]) -> Vec<CreatorId> {
    if !fields.is_short(field, ids.len(), MAX_TAGS) {
        return Vec::new();
    }
    let ids = ids.iter().enumerate();
    ids.filter_map(|(place, id)| fields.id(format!("{field}[{place}]"), CreatorId::new(id)))
        .collect()
}

fn moment(
    fields: &mut Fields,
    field: String,
    wire: Option<&prost_types::Timestamp>,
) -> Option<Timestamp> {
    let time = millis_of(wire?);
    if time.is_none() {
        fields.fail(field, "expected a moment of the years 1 to 9999");
    }
    time
}

fn length(
    fields: &mut Fields,
    field: String,
    wire: Option<&prost_types::Duration>,
) -> Option<Seconds> {
    let wire = wire?;
    let seconds = wire.seconds as f64 + f64::from(wire.nanos) / 1e9;
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        let problem = format!("expected 0 to {MAX_SECONDS} s, found {seconds} s");
        fields.fail(field, problem);
    }
    Some(Seconds(seconds))
}

fn years(fields: &mut Fields, field: String, found: Option<u32>) -> Option<u8> {
    let found = found?;
    let years = u8::try_from(found).ok();
    if years.is_none() {
        fields.fail(field, format!("expected at most 255, found {found}"));
    }
    years
}

fn windows(
    fields: &mut Fields,
    field: &str,
    wire: &[v1::AvailabilityWindow],
) -> Vec<AvailabilityWindow> {
    if !fields.is_short(field, wire.len(), MAX_GENRES) {
        return Vec::new();
    }
    let mut all = Vec::with_capacity(wire.len());
    for (place, one) in wire.iter().enumerate() {
        let at = |end: &str| format!("{field}[{place}].{end}");
        let start = moment(fields, at("start"), one.start.as_ref());
        let end = moment(fields, at("end"), one.end.as_ref());
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            fields.fail(at("end"), "expected a moment after the start");
        }
        all.push(AvailabilityWindow { start, end });
    }
    all
}

fn artworks(fields: &mut Fields, field: &str, wire: &[v1::Artwork]) -> Vec<Artwork> {
    if !fields.is_short(field, wire.len(), MAX_GENRES) {
        return Vec::new();
    }
    let mut all = Vec::with_capacity(wire.len());
    for (place, one) in wire.iter().enumerate() {
        let at = |part: &str| format!("{field}[{place}].{part}");
        text(fields, at("uri"), &one.uri, MAX_URI);
        let id = fields.id(at("artwork_id"), ArtworkId::new(&one.artwork_id));
        all.extend(id.map(|id| Artwork {
            id,
            uri: one.uri.clone(),
        }));
    }
    all
}

/// `GetUser`, `DeleteItem` and their like: one id.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn one_item_id(field: &str, text: &str) -> Result<ItemId, Refusal> {
    let mut fields = Fields::default();
    let id = fields.item_id(field, text);
    fields.finish(id)
}

/// As [`one_item_id`], of a user.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn one_user_id(field: &str, text: &str) -> Result<UserId, Refusal> {
    let mut fields = Fields::default();
    let id = fields.user_id(field, text);
    fields.finish(id)
}

#[cfg(test)]
mod tests;
