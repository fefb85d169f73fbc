//! JSON Lines of the types of the data model.

use std::path::Path;

use marquee_core::{ItemIdx, UserIdx};

use crate::draw::row;

use super::{
    super::{Record, World, WorldError},
    file::TextFile,
};

/// Appends the event of `record` as a line of JSON.
pub(super) fn event_line(world: &World, record: &Record, text: &mut Vec<u8>) {
    serde_json::to_writer(&mut *text, &world.event(record))
        .expect("an event has finite numbers, text keys, and goes to memory");
    text.push(b'\n');
}

/// Writes items, users and creators; gives the bytes written.
pub(super) fn write_catalog(world: &World, out: &Path) -> Result<u64, WorldError> {
    let mut items = create(out, "items.jsonl")?;
    for item in 0..row(world.items().len()) {
        items.append_json(&world.item(ItemIdx(item)))?;
    }
    let mut users = create(out, "users.jsonl")?;
    for viewer in 0..row(world.viewers().len()) {
        users.append_json(&world.user(UserIdx(viewer)))?;
    }
    let mut creators = create(out, "creators.jsonl")?;
    for creator in 0..row(world.creators().len()) {
        creators.append_json(&world.creator(creator))?;
    }
    Ok(items.finish()? + users.finish()? + creators.finish()?)
}

fn create(out: &Path, name: &str) -> Result<TextFile, WorldError> {
    TextFile::create(out.join(name), "")
}
