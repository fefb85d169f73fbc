//! Files that hold what models should find.

use std::{fmt::Write as _, io::Write as _, path::Path};

use marquee_core::{ItemIdx, UserIdx};

use crate::draw::row;

use super::{
    super::{Deed, Latent, Record, Truth, World, WorldError, taste::DIMENSIONS},
    file::TextFile,
};

/// `impressions.csv`, with its first line.
pub(super) fn impressions_file(folder: &Path) -> Result<TextFile, WorldError> {
    let outcomes = Truth::OUTCOMES.join(",");
    let header = format!("event,user,item,position,propensity,examination,affinity,{outcomes}\n");
    TextFile::create(folder.join("impressions.csv"), &header)
}

/// `comments.csv`, with its first line.
pub(super) fn comments_file(folder: &Path) -> Result<TextFile, WorldError> {
    TextFile::create(folder.join("comments.csv"), "event,user,item,sentiment\n")
}

/// Appends the truth about an impression; nothing for other records.
pub(super) fn impression_line(world: &World, record: &Record, text: &mut Vec<u8>) {
    let Deed::Impression { item, truth } = record.deed else {
        return;
    };
    head(world, record, item, text);
    let (propensity, examination) = (truth.propensity, truth.examination);
    write!(
        text,
        ",{},{propensity},{examination},{}",
        record.position, truth.affinity
    )
    .expect(MEMORY);
    for chance in truth.outcomes() {
        write!(text, ",{chance}").expect(MEMORY);
    }
    text.push(b'\n');
}

/// Appends what a comment says; nothing for other records.
pub(super) fn comment_line(world: &World, record: &Record, text: &mut Vec<u8>) {
    if let Deed::Comment { item, sentiment } = record.deed {
        head(world, record, item, text);
        writeln!(text, ",{}", sentiment.name()).expect(MEMORY);
    }
}

const MEMORY: &str = "writing to memory does not fail";

fn head(world: &World, record: &Record, item: ItemIdx, text: &mut Vec<u8>) {
    let event = world.event_id(record.viewer, record.number);
    let (user, item) = (world.user_id(record.viewer), world.item_id(item));
    write!(text, "{event},{user},{item}").expect(MEMORY);
}

/// Writes what does not change; gives the bytes written.
pub(super) fn write_static(world: &World, folder: &Path) -> Result<u64, WorldError> {
    let header = format!("item,quality,popularity{}\n", numbered("latent"));
    let mut items = TextFile::create(folder.join("items.csv"), &header)?;
    for (item, truth) in world.items().iter().enumerate() {
        let id = world.item_id(ItemIdx(row(item)));
        let (quality, popularity) = (truth.quality, truth.popularity);
        let latent = joined(&truth.latent);
        items.append(format!("{id},{quality},{popularity}{latent}\n").as_bytes())?;
    }
    let header = "position,examination\n";
    let mut curve = TextFile::create(folder.join("examination.csv"), header)?;
    for (position, examination) in world.examination().iter().enumerate() {
        curve.append(format!("{position},{examination}\n").as_bytes())?;
    }
    Ok(items.finish()? + curve.finish()?)
}

/// Writes tastes on the first and on the last day; gives the bytes written.
pub(super) fn write_viewers<'a>(
    world: &World,
    last: impl Iterator<Item = &'a Latent>,
    folder: &Path,
) -> Result<u64, WorldError> {
    let (first_names, last_names) = (numbered("first"), numbered("last"));
    let header = format!("user,activity{first_names}{last_names}\n");
    let mut file = TextFile::create(folder.join("viewers.csv"), &header)?;
    for (viewer, (truth, last)) in world.viewers().iter().zip(last).enumerate() {
        let id = world.user_id(UserIdx(row(viewer)));
        let (activity, first, last) = (truth.activity, joined(&truth.taste), joined(last));
        file.append(format!("{id},{activity}{first}{last}\n").as_bytes())?;
    }
    file.finish()
}

/// `,name_0,name_1,…` for every dimension.
fn numbered(name: &str) -> String {
    (0..DIMENSIONS).fold(String::new(), |mut text, dimension| {
        write!(text, ",{name}_{dimension}").expect(MEMORY);
        text
    })
}

fn joined(latent: &Latent) -> String {
    latent.iter().fold(String::new(), |mut text, value| {
        write!(text, ",{value}").expect(MEMORY);
        text
    })
}
