//! The forms of data that the demo can describe. `marquee import` takes many more.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Like, Title};

/// The lowest rating, of five, that counts as a like.
const LIKED: f64 = 4.0;
/// Kinds of events that say somebody liked something, in data that is not ratings.
const LIKING: [&str; 4] = ["like", "save", "share", "rewatch"];
/// Genres of `u.item`, in the order of its flags; the first stands for none.
const GENRES_100K: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// How a folder of data is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Layout {
    /// `NAME.inter` and `NAME.item`, tables with a header of `field:type`.
    RecBole,
    /// `u.data` and `u.item`, as MovieLens 100K is published.
    MovieLens100K,
    /// `events.jsonl` and `items.jsonl`, as `cargo xtask world` writes them.
    World,
}

/// What the files hold, as far as the demo needs it.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) titles: BTreeMap<String, Title>,
    pub(super) likes: Vec<Like>,
    pub(super) n_events: usize,
}

impl Layout {
    /// Tells the layout of `folder` from the names of its files.
    ///
    /// # Errors
    ///
    /// When it is none of those known here.
    pub(in crate::demo) fn of(folder: &Path) -> anyhow::Result<Self> {
        if folder.join("u.data").exists() {
            Ok(Self::MovieLens100K)
        } else if folder.join("events.jsonl").exists() {
            Ok(Self::World)
        } else if with_extension(folder, "inter").is_ok() {
            Ok(Self::RecBole)
        } else {
            bail!(
                "{}: expected u.data and u.item, a .inter and a .item file, or events.jsonl and \
                 items.jsonl; `marquee import` itself takes more forms",
                folder.display()
            )
        }
    }

    /// Options that say what counts as interest in this data.
    pub(in crate::demo) fn selection(self) -> &'static [&'static str] {
        match self {
            Self::RecBole | Self::MovieLens100K => &["--min-rating", "4"],
            Self::World => &[],
        }
    }

    /// Reads the files in `folder`.
    ///
    /// # Errors
    ///
    /// When one cannot be read or a line has another form than it should.
    pub(super) fn read(self, folder: &Path) -> anyhow::Result<Raw> {
        match self {
            Self::RecBole => {
                let inter = text(&with_extension(folder, "inter")?)?;
                let item = text(&with_extension(folder, "item")?)?;
                recbole(&inter, &item)
            }
            Self::MovieLens100K => {
                let data = text(&folder.join("u.data"))?;
                let item = text(&folder.join("u.item"))?;
                movielens_100k(&data, &item)
            }
            Self::World => {
                let events = text(&folder.join("events.jsonl"))?;
                let items = text(&folder.join("items.jsonl"))?;
                world(&events, &items)
            }
        }
    }
}

/// The one file of `folder` with this extension.
fn with_extension(folder: &Path, extension: &str) -> anyhow::Result<std::path::PathBuf> {
    let unreadable = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            return Ok(path);
        }
    }
    bail!("{} has no .{extension} file", folder.display())
}

/// A file as text; `u.item` is Latin-1, whose bytes are the first 256 characters of Unicode.
fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        error
            .as_bytes()
            .iter()
            .map(|&byte| char::from(byte))
            .collect()
    }))
}

impl Raw {
    fn add_rating(&mut self, (user, item): (&str, &str), rating: f64, time: f64) {
        self.n_events += 1;
        if rating >= LIKED {
            self.likes.push(Like {
                user: user.to_owned(),
                item: item.to_owned(),
                time,
            });
        }
    }
}

pub(super) fn recbole(inter: &str, item: &str) -> anyhow::Result<Raw> {
    let mut raw = Raw::default();
    for row in table(item)? {
        let (id, name) = (row.get("item_id"), row.get("movie_title"));
        let (Some(id), Some(name)) = (id, name) else {
            bail!("the .item file lacks item_id or movie_title");
        };
        let year = row.get("release_year").filter(|year| !year.is_empty());
        let title = Title {
            name: year.map_or_else(|| (*name).to_owned(), |year| format!("{name} ({year})")),
            genres: row
                .get("class")
                .map(|genres| genres.split(' ').map(str::to_owned).collect())
                .unwrap_or_default(),
        };
        raw.titles.insert((*id).to_owned(), title);
    }
    for row in table(inter)? {
        let field = |name: &str| {
            row.get(name)
                .copied()
                .with_context(|| format!("the .inter file lacks {name}"))
        };
        let pair = (field("user_id")?, field("item_id")?);
        raw.add_rating(
            pair,
            field("rating")?.parse()?,
            field("timestamp")?.parse()?,
        );
    }
    Ok(raw)
}

/// Rows of a table with tabs and a header of `field:type`.
fn table(text: &str) -> anyhow::Result<impl Iterator<Item = BTreeMap<&str, &str>>> {
    let mut lines = text.lines();
    let header = lines.next().context("the file is empty")?;
    let names: Vec<&str> = header
        .split('\t')
        .map(|field| field.split(':').next().unwrap_or(field))
        .collect();
    Ok(lines.map(move |line| names.iter().copied().zip(line.split('\t')).collect()))
}

pub(super) fn movielens_100k(data: &str, item: &str) -> anyhow::Result<Raw> {
    let mut raw = Raw::default();
    for line in item.lines().filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('|').collect();
        let flags = fields.len().checked_sub(GENRES_100K.len());
        let (Some(flags), [id, name, ..]) = (flags, fields.as_slice()) else {
            bail!("u.item has a line of another form: {line}");
        };
        let genres = GENRES_100K.iter().zip(&fields[flags..]);
        let title = Title {
            name: (*name).to_owned(),
            genres: genres
                .filter(|(_, flag)| **flag == "1")
                .map(|(genre, _)| (*genre).to_owned())
                .collect(),
        };
        raw.titles.insert((*id).to_owned(), title);
    }
    for line in data.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [user, item, rating, time] = fields.as_slice() else {
            bail!("u.data has a line of another form: {line}");
        };
        raw.add_rating((*user, *item), rating.parse()?, time.parse()?);
    }
    Ok(raw)
}

pub(super) fn world(events: &str, items: &str) -> anyhow::Result<Raw> {
    let mut raw = Raw::default();
    for line in items.lines() {
        let item: Value = serde_json::from_str(line).context("items.jsonl")?;
        let genres = item["genres"].as_array().into_iter().flatten();
        let title = Title {
            name: item["title"].as_str().unwrap_or_default().to_owned(),
            genres: genres
                .filter_map(|one| Some(one.as_str()?.to_owned()))
                .collect(),
        };
        let id = item["id"].as_str().context("an item has no id")?;
        raw.titles.insert(id.to_owned(), title);
    }
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).context("events.jsonl")?;
        raw.n_events += 1;
        let action = &event["action"];
        let kind = action["kind"].as_str().unwrap_or_default();
        let thumb_up = matches!(action["direction"].as_str(), Some("up" | "double_up"));
        let (user, item) = (event["actor"]["user"].as_str(), action["item"].as_str());
        if let (Some(user), Some(item)) = (user, item)
            && (LIKING.contains(&kind) || thumb_up)
        {
            raw.likes.push(Like {
                user: user.to_owned(),
                item: item.to_owned(),
                time: event["time"].as_f64().unwrap_or_default(),
            });
        }
    }
    Ok(raw)
}
