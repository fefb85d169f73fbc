//! Rows of a table that describe items and users.

use std::collections::HashMap;

use marquee_core::{CreatorId, Item, ItemId, ItemKind, Seconds, User, UserId};

use crate::{
    Result,
    mapping::{Columns, Field},
    parse,
    read::{
        rows::Row,
        table::{ItemForm, UserForm},
        tags,
    },
    reject::{Fault, Reason},
    row::{id, text},
};

/// Words that stand for "no genre" in data.
const NO_GENRE: [&str; 2] = ["(no genres listed)", "unknown"];

/// Makes items of rows.
pub(crate) struct ItemMaker<'t> {
    columns: &'t Columns,
    form: &'t ItemForm,
    tags: HashMap<String, Vec<String>>,
}

impl<'t> ItemMaker<'t> {
    /// Reads the tags first where the form names a file of them.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`] when that file cannot be read.
    pub(crate) fn new(columns: &'t Columns, form: &'t ItemForm) -> Result<Self> {
        let tags = match &form.tags {
            Some(file) => tags::of_items(file)?,
            None => HashMap::new(),
        };
        Ok(Self {
            columns,
            form,
            tags,
        })
    }

    /// The item of `row`.
    ///
    /// # Errors
    ///
    /// The first [`Fault`] of the row. A date or length that cannot be read is left out: catalogs
    /// are full of them, and the item is still there.
    pub(crate) fn item(&mut self, row: Row<'_>) -> Result<Item, Fault> {
        let key = row.field(self.columns, Field::Item).unwrap_or(b"");
        let key = id(key, "item")?;
        let mut item = Item::new(ItemId::new(key).map_err(|_| not_an_id("item", key))?);
        item.kind = self.form.kind;
        if let Some(title) = self.text(row, Field::Title)? {
            title.trim().clone_into(&mut item.title);
        }
        item.genres = self.genres(row)?;
        if let Some(tags) = self.text(row, Field::Tags)? {
            item.tags = words(tags, None);
        }
        item.tags.extend(self.tags.remove(key).unwrap_or_default());
        if let Some(creators) = self.text(row, Field::Creators)? {
            let ids = words(creators, Some(','));
            item.creators = ids
                .into_iter()
                .filter_map(|id| CreatorId::new(id).ok())
                .collect();
        }
        if let Some(description) = self.text(row, Field::Description)? {
            description.clone_into(&mut item.description);
        }
        item.language = self.text(row, Field::Language)?.map(str::to_owned);
        let released = self
            .text(row, Field::Released)?
            .and_then(parse::release_date);
        item.released = released.or_else(|| parse::year_of_title(&item.title));
        item.duration = self.text(row, Field::Duration)?.and_then(length);
        if let Some(kind) = self.text(row, Field::ItemKind)?.and_then(item_kind) {
            item.kind = kind;
        }
        Ok(item)
    }

    fn text<'a>(&self, row: Row<'a>, field: Field) -> Result<Option<&'a str>, Fault> {
        let bytes = row.field(self.columns, field);
        bytes.map(|bytes| text(bytes, field.name())).transpose()
    }

    fn genres(&self, row: Row<'_>) -> Result<Vec<String>, Fault> {
        let mut genres = match &self.form.flags {
            Some((first, names)) => {
                let set = |at: usize| row.bytes(first + at) == b"1";
                let names = names.iter().enumerate();
                names
                    .filter(|(at, _)| set(*at))
                    .map(|(_, name)| name.clone())
                    .collect()
            }
            None => self
                .text(row, Field::Genres)?
                .map_or_else(Vec::new, |text| words(text, self.form.separator)),
        };
        genres.retain(|genre| !NO_GENRE.contains(&genre.as_str()));
        Ok(genres)
    }
}

/// The words of a list: JSON (`[{"name": …}, …]` or `["…", …]`), or between `separator`; where none
/// is given, between `|`, or else `;`, or else `,`. Each once, blanks around them taken off.
fn words(text: &str, separator: Option<char>) -> Vec<String> {
    if let Some(words) = json_words(text) {
        return words;
    }
    let separator = separator.unwrap_or_else(|| {
        let found = ['|', ';'].into_iter().find(|&c| text.contains(c));
        found.unwrap_or(',')
    });
    let mut words: Vec<String> = Vec::new();
    for word in text
        .split(separator)
        .map(str::trim)
        .filter(|word| !word.is_empty())
    {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

fn json_words(text: &str) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return None;
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let words = values
        .iter()
        .map(|value| value.get("name").unwrap_or(value).as_str());
    words.map(|word| word.map(str::to_owned)).collect()
}

/// Seconds, or minutes where the text says so: `5400`, `90 min`.
fn length(text: &str) -> Option<Seconds> {
    let text = text.trim();
    let (number, unit_s) = match text.strip_suffix("min") {
        Some(minutes) => (minutes.trim_end(), 60.0),
        None => (text, 1.0),
    };
    let value: f64 = number.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(Seconds(value * unit_s))
}

fn item_kind(text: &str) -> Option<ItemKind> {
    match text.trim().to_ascii_lowercase().as_str() {
        "movie" | "film" => Some(ItemKind::Movie),
        "series" | "tv show" | "show" => Some(ItemKind::Series),
        "episode" => Some(ItemKind::Episode),
        "clip" | "video" | "short" => Some(ItemKind::Clip),
        "post" => Some(ItemKind::Post),
        "music" | "song" | "track" => Some(ItemKind::Music),
        "book" => Some(ItemKind::Book),
        "product" => Some(ItemKind::Product),
        _ => None,
    }
}

/// Makes users of rows.
pub(crate) struct UserMaker<'t> {
    columns: &'t Columns,
    form: UserForm,
}

impl<'t> UserMaker<'t> {
    pub(crate) fn new(columns: &'t Columns, form: UserForm) -> Self {
        Self { columns, form }
    }

    /// The user of `row`.
    ///
    /// # Errors
    ///
    /// The first [`Fault`] of the row. An age that is no number of years is left out.
    pub(crate) fn user(&self, row: Row<'_>) -> Result<User, Fault> {
        let key = row.field(self.columns, Field::User).unwrap_or(b"");
        let key = id(key, "user")?;
        let mut user = User::new(UserId::new(key).map_err(|_| not_an_id("user", key))?);
        let age = self.text(row, Field::Age)?.and_then(years);
        let occupation = self.text(row, Field::Occupation)?;
        match self.form {
            UserForm::Plain => {
                user.age = age;
                user.occupation = occupation;
            }
            UserForm::MovieLens1M => {
                // The code 1 stands for "under 18", which is no age.
                user.age = age.filter(|&age| age != 1);
                user.occupation = occupation.map(|code| occupation_of_code(&code));
            }
        }
        user.gender = self.text(row, Field::Gender)?;
        user.country = self.text(row, Field::Country)?;
        user.language = self.text(row, Field::Language)?;
        Ok(user)
    }

    fn text(&self, row: Row<'_>, field: Field) -> Result<Option<String>, Fault> {
        let bytes = row.field(self.columns, field);
        let text = bytes.map(|bytes| text(bytes, field.name())).transpose()?;
        Ok(text.map(|text| text.trim().to_owned()))
    }
}

fn years(text: impl AsRef<str>) -> Option<u8> {
    let text = text.as_ref();
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

/// What the occupation codes of MovieLens 1M stand for, after its README.
fn occupation_of_code(code: impl AsRef<str>) -> String {
    const NAMES: [&str; 21] = [
        "other",
        "educator",
        "artist",
        "clerical",
        "student (college)",
        "customer service",
        "doctor",
        "executive",
        "farmer",
        "homemaker",
        "student (school)",
        "lawyer",
        "programmer",
        "retired",
        "sales",
        "scientist",
        "self-employed",
        "technician",
        "trades",
        "unemployed",
        "writer",
    ];
    let code = code.as_ref();
    let known = code.parse::<usize>().ok().and_then(|at| NAMES.get(at));
    known.map_or_else(|| code.to_owned(), |&name| name.to_owned())
}

fn not_an_id(field: &'static str, found: &str) -> Fault {
    Fault::new(
        Reason::LongId,
        field,
        "an id of 1 to 256 bytes",
        found.as_bytes(),
    )
}
