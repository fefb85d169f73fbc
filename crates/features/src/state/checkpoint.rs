//! A state in a file, and back.
//!
//! Kind `feature-state`, format version 1. Rows are stored with their ids, so a state opens against
//! records that met their items and viewers in another order. Entries of viewers lie in columns.

use std::path::Path;

use marquee_core::{Actor, SessionId, UserId};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{Entry, FeatureState, Progress, SPARE, ViewerLog, log::Undone, tiles::Tiles};
use crate::{
    Error, Plan, Result, TableFault,
    entities::{Entities, NONE},
    observed::Marks,
};

/// Kind of the artifact.
pub const CHECKPOINT_KIND: &str = "feature-state";

const FORMAT: u32 = 1;

/// The sorts of entities, as they stand in names of sections.
const SORTS: [&str; 3] = ["viewers", "items", "creators"];

/// Lists of entries of all viewers.
const LISTS: [&str; 3] = ["shown", "deeds", "undone"];

impl FeatureState {
    /// Writes the state to `path`, whole and durable or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut to = ArtifactBuilder::new(CHECKPOINT_KIND, FORMAT);
        let progress = self.progress;
        to.meta(
            "layout",
            format_args!("{:016x}", self.plan.layout_fingerprint()),
        );
        to.meta("events", progress.events);
        to.meta("last_seq", progress.last_seq);
        to.meta("missed_retractions", progress.missed_retractions);
        let entities = &self.entities;
        let viewers = self.viewers_with_anything();
        let names = viewers.iter().filter_map(|&row| entities.actor(row));
        to.strings("viewers", names.map(name));
        let items = 0..entities.n_items();
        to.strings(
            "items",
            items.filter_map(|row| entities.item_id(row_of(row))),
        );
        let creators = 0..entities.n_creators();
        to.strings(
            "creators",
            creators.filter_map(|row| entities.creator_id(row_of(row))),
        );
        for (sort, tiles) in SORTS.iter().zip(&self.tiles) {
            let stored = (*sort == SORTS[0]).then_some(viewers.as_slice());
            write_tiles(&mut to, sort, tiles, stored);
        }
        for list in LISTS {
            self.write_list(&mut to, list, &viewers);
        }
        Ok(to.write(path)?)
    }

    /// Rows of viewers of whom anything is kept, rising: nobody else is named in a file.
    fn viewers_with_anything(&self) -> Vec<u32> {
        let kept = |row: &u32| {
            let log = self.log(*row);
            log.is_some_and(|log| *log != ViewerLog::default()) || self.tiles[0].has(*row)
        };
        (0..row_of(self.entities.n_viewers()))
            .filter(kept)
            .collect()
    }

    fn write_list(&self, to: &mut ArtifactBuilder<'_>, list: &str, viewers: &[u32]) {
        let mut starts = vec![0_u64];
        let mut entries: Vec<(u64, Entry)> = Vec::new();
        let nothing = ViewerLog::default();
        for &viewer in viewers {
            let log = self.log(viewer).unwrap_or(&nothing);
            match list {
                "shown" => entries.extend(log.shown.iter().map(|entry| (0, *entry))),
                "deeds" => entries.extend(log.deeds.iter().map(|entry| (0, *entry))),
                _ => entries.extend(log.undone.iter().map(|undone| (undone.by, undone.entry))),
            }
            starts.push(entries.len() as u64);
        }
        let n = [entries.len() as u64];
        let shape = [starts.len() as u64];
        to.section_owned(&format!("{list}.starts"), &shape, starts);
        let times = entries.iter().map(|(_, entry)| entry.time_ms).collect();
        to.section_owned::<i64>(&format!("{list}.time_ms"), &n, times);
        let mut wide = |field: &str, of: fn(&(u64, Entry)) -> u64| {
            let column = entries.iter().map(of).collect();
            to.section_owned::<u64>(&format!("{list}.{field}"), &n, column);
        };
        wide("by", |(by, _)| *by);
        wide("seq", |(_, entry)| entry.seq);
        wide("id", |(_, entry)| entry.id);
        let mut narrow = |field: &str, of: fn(&Entry) -> u32| {
            let column = entries.iter().map(|(_, entry)| of(entry)).collect();
            to.section_owned::<u32>(&format!("{list}.{field}"), &n, column);
        };
        narrow("item", |entry| entry.item);
        narrow("creator", |entry| entry.creator);
        narrow("marks", |entry| entry.marks.0);
        narrow("watched_ms", |entry| entry.watched_ms);
    }

    /// Opens the state at `path`.
    ///
    /// - `plan`: has to count what the state counts; features may differ otherwise.
    /// - `entities`: records as they are now. What the state knows and they do not gets rows without
    ///   records.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it is no artifact of this kind or damaged, [`Error::File`] when it is of
    /// another plan or its sections do not fit each other.
    pub fn open(
        path: impl AsRef<Path>,
        plan: std::sync::Arc<Plan>,
        entities: Entities,
    ) -> Result<Self> {
        let from = Artifact::open(path)?;
        from.expect_kind(CHECKPOINT_KIND, FORMAT)?;
        from.verify()?;
        let number =
            |key| -> Result<u64> { Ok(from.expect_meta(key)?.parse().unwrap_or_default()) };
        let found = u64::from_str_radix(from.expect_meta("layout")?, 16).unwrap_or_default();
        let expected = plan.layout_fingerprint();
        if found != expected {
            return Err(in_file(&from)(TableFault::Fingerprint { found, expected }));
        }
        let mut state = Self::new(plan, entities);
        state.progress = Progress {
            events: number("events")?,
            last_seq: number("last_seq")?,
            missed_retractions: number("missed_retractions")?,
        };
        let rows = Rows::read(&from, &mut state.entities)?;
        for (sort, tiles) in state.tiles.iter_mut().enumerate() {
            read_tiles(&from, SORTS[sort], &rows.of[sort], tiles)?;
        }
        for list in LISTS {
            state.read_list(&from, list, &rows)?;
        }
        Ok(state)
    }

    fn read_list(&mut self, from: &Artifact, list: &str, rows: &Rows) -> Result<()> {
        let columns = Columns::read(from, list)?;
        let most = u64::from(self.plan.limits.shown.max(self.plan.limits.deeds)) + 2 * SPARE as u64;
        let starts = from.section::<u64>(&format!("{list}.starts"))?.data;
        let right = starts.first() == Some(&0)
            && starts.last() == Some(&(columns.time_ms.len() as u64))
            && starts.len() <= rows.of[0].len() + 1
            && starts
                .windows(2)
                .all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] <= most);
        if !right {
            let part = "starts of viewers' events";
            return Err(in_file(from)(TableFault::Offset { part, entry: 0 }));
        }
        for (place, pair) in starts.windows(2).enumerate() {
            let (start, end) = (to_usize(pair[0]), to_usize(pair[1]));
            if start == end {
                continue;
            }
            let entries = (start..end).map(|at| columns.entry(at, rows));
            let entries: Vec<Undone> = entries.collect::<Result<_, _>>().map_err(in_file(from))?;
            let plain = || entries.iter().map(|undone| undone.entry);
            let rising = plain().is_sorted_by_key(|entry| (entry.time_ms, entry.seq));
            let log = self.log_mut(rows.of[0][place]);
            match list {
                _ if list != "undone" && !rising => {
                    let part = "times of viewers' events";
                    let entry = start as u64;
                    return Err(in_file(from)(TableFault::Offset { part, entry }));
                }
                "shown" => log.shown = plain().collect(),
                "deeds" => log.deeds = plain().collect(),
                _ => log.undone = entries,
            }
        }
        Ok(())
    }
}

/// Rows of a file as rows of the records it is opened against.
struct Rows {
    of: [Vec<u32>; 3],
}

impl Rows {
    fn read(from: &Artifact, entities: &mut Entities) -> Result<Self> {
        let viewers = from.strings("viewers")?;
        let viewers = viewers.iter().map(|text| {
            let actor = actor(text).ok_or_else(|| {
                let fault = TableFault::Name { name: text.into() };
                in_file(from)(fault)
            })?;
            Ok(entities.viewer(&actor))
        });
        let viewers = viewers.collect::<Result<_>>()?;
        let items = from.strings("items")?;
        let items = items.iter().map(|id| entities.item(id));
        let items = items.collect::<Result<_, _>>()?;
        let creators = from.strings("creators")?;
        let creators = creators.iter().map(|id| entities.creator(id));
        let creators = creators.collect::<Result<_, _>>()?;
        Ok(Self {
            of: [viewers, items, creators],
        })
    }
}

/// The events of one list.
struct Columns<'a> {
    time_ms: &'a [i64],
    by: &'a [u64],
    seq: &'a [u64],
    id: &'a [u64],
    item: &'a [u32],
    creator: &'a [u32],
    marks: &'a [u32],
    watched_ms: &'a [u32],
}

impl<'a> Columns<'a> {
    fn read(from: &'a Artifact, list: &str) -> Result<Self> {
        let wide =
            |field| -> Result<&'a [u64]> { Ok(from.section(&format!("{list}.{field}"))?.data) };
        let narrow =
            |field| -> Result<&'a [u32]> { Ok(from.section(&format!("{list}.{field}"))?.data) };
        let columns = Self {
            time_ms: from.section(&format!("{list}.time_ms"))?.data,
            by: wide("by")?,
            seq: wide("seq")?,
            id: wide("id")?,
            item: narrow("item")?,
            creator: narrow("creator")?,
            marks: narrow("marks")?,
            watched_ms: narrow("watched_ms")?,
        };
        let n = columns.time_ms.len();
        let wide = [columns.by, columns.seq, columns.id].map(<[u64]>::len);
        let narrow = [
            columns.item,
            columns.creator,
            columns.marks,
            columns.watched_ms,
        ];
        let narrow = narrow.map(<[u32]>::len);
        match wide.into_iter().chain(narrow).find(|found| *found != n) {
            None => Ok(columns),
            Some(found) => Err(in_file(from)(TableFault::Length {
                part: "columns of viewers' events",
                found: found as u64,
                expected: n as u64,
            })),
        }
    }

    fn entry(&self, at: usize, rows: &Rows) -> Result<Undone, TableFault> {
        let [_, items, creators] = &rows.of;
        let row = |column: &str, found: u32, of: &[u32]| match of.get(found as usize) {
            _ if found == NONE => Ok(NONE),
            Some(&row) => Ok(row),
            None => Err(TableFault::Id {
                column: column.to_owned(),
                place: at as u64,
                found,
                size: row_of(of.len()),
            }),
        };
        Ok(Undone {
            by: self.by[at],
            entry: Entry {
                time_ms: self.time_ms[at],
                seq: self.seq[at],
                id: self.id[at],
                item: row("item", self.item[at], items)?,
                creator: row("creator", self.creator[at], creators)?,
                marks: Marks(self.marks[at]),
                watched_ms: self.watched_ms[at],
            },
        })
    }
}

/// The rows that have a block, and their blocks; rows as their places in `stored`, if not all are.
fn write_tiles(to: &mut ArtifactBuilder<'_>, sort: &str, tiles: &Tiles, stored: Option<&[u32]>) {
    let made = tiles.blocks.iter().enumerate();
    let place = |row: u32| match stored {
        Some(stored) => stored.binary_search(&row).ok().map(row_of),
        None => Some(row),
    };
    let made = made.filter_map(|(row, block)| Some((place(row_of(row))?, block.as_ref()?)));
    let (rows, blocks): (Vec<u32>, Vec<_>) = made.unzip();
    let words: Vec<u32> = blocks
        .into_iter()
        .flat_map(|block| block.iter().copied())
        .collect();
    let shape = [rows.len() as u64, tiles.words() as u64];
    to.section_owned(&format!("{sort}.rows"), &shape[..1], rows);
    to.section_owned(&format!("{sort}.tiles"), &shape, words);
}

fn read_tiles(from: &Artifact, sort: &str, rows: &[u32], tiles: &mut Tiles) -> Result<()> {
    let with_block = from.section::<u32>(&format!("{sort}.rows"))?.data;
    let words = from.section::<u32>(&format!("{sort}.tiles"))?.data;
    if words.len() != with_block.len() * tiles.words() {
        return Err(in_file(from)(TableFault::Length {
            part: "tiles",
            found: words.len() as u64,
            expected: (with_block.len() * tiles.words()) as u64,
        }));
    }
    for (place, &row) in with_block.iter().enumerate() {
        let Some(&row) = rows.get(row as usize) else {
            return Err(in_file(from)(TableFault::Id {
                column: sort.to_owned(),
                place: place as u64,
                found: row,
                size: row_of(rows.len()),
            }));
        };
        let block = &words[place * tiles.words()..(place + 1) * tiles.words()];
        tiles.put(row, block);
    }
    Ok(())
}

fn in_file(from: &Artifact) -> impl Fn(TableFault) -> Error {
    let path = from.path().to_owned();
    move |source| Error::File {
        path: path.clone(),
        source,
    }
}

fn row_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).expect("compared with what is in memory")
}

/// An actor as a text of its sort and id.
fn name(actor: &Actor) -> String {
    match actor {
        Actor::User(id) => format!("u{id}"),
        Actor::Session(id) => format!("s{id}"),
    }
}

fn actor(text: &str) -> Option<Actor> {
    if let Some(id) = text.strip_prefix('u') {
        return Some(Actor::User(UserId::new(id).ok()?));
    }
    let id = text.strip_prefix('s')?;
    Some(Actor::Session(SessionId::new(id).ok()?))
}
