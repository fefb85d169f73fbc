//! The columns of an event, as CSV and Parquet write them.

use marquee_core::ThumbDirection;

use super::super::{Deed, Record, World};

/// What the columns beside ids, kind and time hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns {
    /// The item; the creator of a follow, the event of a retraction.
    pub(super) item: Option<String>,
    /// Stars of a rating, seconds of wall time of a play, -1, 1 or 2 of a thumb.
    pub(super) rating: Option<f64>,
    /// Seconds that the item of a play lasts.
    pub(super) duration: Option<f64>,
    /// Text of a comment.
    pub(super) text: Option<String>,
    /// Propensity of an impression.
    pub(super) propensity: Option<f32>,
}

impl Columns {
    /// The columns of `record`.
    pub(super) fn of(world: &World, record: &Record) -> Self {
        let id = |item| world.item_id(item).as_str().to_owned();
        let mut columns = Self {
            item: record.deed.item().map(id),
            ..Self::default()
        };
        match record.deed {
            Deed::Impression { truth, .. } => columns.propensity = Some(truth.propensity),
            Deed::Play { item, watched } => {
                columns.rating = Some(watched.0);
                columns.duration = Some(world.items()[item.index()].duration.0);
            }
            Deed::Rate { stars, .. } => columns.rating = Some(f64::from(stars)),
            Deed::Thumb { direction, .. } => columns.rating = Some(thumb(direction)),
            Deed::Comment { item, sentiment } => {
                columns.text = Some(world.comment(record, item, sentiment));
            }
            Deed::Follow { creator } => {
                columns.item = Some(world.creator_id(creator).as_str().to_owned());
            }
            Deed::Retract { number } => {
                let event = world.event_id(record.viewer, number);
                columns.item = Some(event.as_str().to_owned());
            }
            Deed::Open { .. }
            | Deed::Like { .. }
            | Deed::Share { .. }
            | Deed::Save { .. }
            | Deed::Hide { .. } => {}
        }
        columns
    }
}

/// The number that stands for a thumb in tables.
fn thumb(direction: ThumbDirection) -> f64 {
    match direction {
        ThumbDirection::Down => -1.0,
        ThumbDirection::Up => 1.0,
        ThumbDirection::DoubleUp => 2.0,
    }
}
