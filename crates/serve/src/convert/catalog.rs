//! Titles to the wire, kinds and times both ways.

use marquee_core::{Item, ItemId, ItemKind, Seconds, Timestamp};
use marquee_proto::v1;

use super::{DEFAULT_PAGE, Fields, MAX_PAGE, MAX_PAGE_TOKEN_BYTES};
use crate::{page_token, refusal::Refusal};

/// The first and last second that `google.protobuf.Timestamp` holds: the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// `GetItem`: the id of the item.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn item_id(request: &v1::GetItemRequest) -> Result<ItemId, Refusal> {
    let mut fields = Fields::default();
    let id = fields.item_id("item_id", &request.item_id);
    fields.finish(id)
}

/// `ListItems`: the id after which the page starts, and how many titles it has.
///
/// # Errors
///
/// [`Refusal::InvalidFields`] or [`Refusal::InvalidPageToken`].
pub(crate) fn page_request(
    request: &v1::ListItemsRequest,
) -> Result<(Option<ItemId>, usize), Refusal> {
    let mut fields = Fields::default();
    let size = fields.length("page_size", request.page_size, (DEFAULT_PAGE, MAX_PAGE));
    let found = request.page_token.len();
    if found > MAX_PAGE_TOKEN_BYTES {
        let problem = format!("expected at most {MAX_PAGE_TOKEN_BYTES} bytes, found {found}");
        fields.fail("page_token", problem);
    }
    let size = fields.finish(Some(size))?;
    let after = match request.page_token.as_str() {
        "" => None,
        token => Some(page_token::read(token)?),
    };
    Ok((after, size))
}

/// A title.
pub(crate) fn item(item: Item) -> v1::Item {
    let windows = item.availability.into_iter();
    let artworks = item.artworks.into_iter();
    v1::Item {
        item_id: item.id.into(),
        title: item.title,
        kind: kind_to_wire(item.kind).into(),
        genres: item.genres,
        tags: item.tags,
        creator_ids: item.creators.into_iter().map(Into::into).collect(),
        description: item.description,
        language: item.language.unwrap_or_default(),
        released: item.released.map(timestamp),
        duration: item.duration.map(duration),
        minimum_age: item.minimum_age.map(u32::from),
        series_id: item.series.map(Into::into),
        episode: item.episode,
        availability: windows
            .map(|window| v1::AvailabilityWindow {
                start: window.start.map(timestamp),
                end: window.end.map(timestamp),
            })
            .collect(),
        artworks: artworks
            .map(|artwork| v1::Artwork {
                artwork_id: artwork.id.into(),
                uri: artwork.uri,
            })
            .collect(),
    }
}

pub(super) fn kind_to_wire(kind: ItemKind) -> v1::ItemKind {
    match kind {
        ItemKind::Other => v1::ItemKind::Other,
        ItemKind::Movie => v1::ItemKind::Movie,
        ItemKind::Series => v1::ItemKind::Series,
        ItemKind::Episode => v1::ItemKind::Episode,
        ItemKind::Clip => v1::ItemKind::Clip,
        ItemKind::Post => v1::ItemKind::Post,
        ItemKind::Music => v1::ItemKind::Music,
        ItemKind::Book => v1::ItemKind::Book,
        ItemKind::Product => v1::ItemKind::Product,
    }
}

/// The kind with this number; none for `UNSPECIFIED` and numbers of a later version.
pub(super) fn kind_from_wire(number: i32) -> Option<ItemKind> {
    match v1::ItemKind::try_from(number).ok()? {
        v1::ItemKind::Unspecified => None,
        v1::ItemKind::Other => Some(ItemKind::Other),
        v1::ItemKind::Movie => Some(ItemKind::Movie),
        v1::ItemKind::Series => Some(ItemKind::Series),
        v1::ItemKind::Episode => Some(ItemKind::Episode),
        v1::ItemKind::Clip => Some(ItemKind::Clip),
        v1::ItemKind::Post => Some(ItemKind::Post),
        v1::ItemKind::Music => Some(ItemKind::Music),
        v1::ItemKind::Book => Some(ItemKind::Book),
        v1::ItemKind::Product => Some(ItemKind::Product),
    }
}

/// A moment of the wire in whole milliseconds, rounded down; none when it is out of its range.
pub(super) fn millis_of(time: &prost_types::Timestamp) -> Option<Timestamp> {
    let nanos_fit = (0..1_000_000_000).contains(&time.nanos);
    if !SECONDS.contains(&time.seconds) || !nanos_fit {
        return None;
    }
    let millis = time.seconds * 1000 + i64::from(time.nanos / 1_000_000);
    Some(Timestamp::from_millis(millis))
}

/// A moment as the wire holds it; one outside of its years becomes the nearest that it holds.
pub(super) fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let millis = time.as_millis();
    let seconds = millis.div_euclid(1000);
    let nanos = millis.rem_euclid(1000) * 1_000_000;
    prost_types::Timestamp {
        seconds: seconds.clamp(*SECONDS.start(), *SECONDS.end()),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}

pub(super) fn duration(length: Seconds) -> prost_types::Duration {
    let millis = length.as_millis();
    // Both parts carry the sign, as the wire wants it.
    prost_types::Duration {
        seconds: millis / 1000,
        nanos: i32::try_from(millis % 1000 * 1_000_000).unwrap_or(0),
    }
}
