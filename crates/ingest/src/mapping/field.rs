//! The fields of a table, and the names that columns of them have.

/// What a column of a table can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Field {
    /// Id of the user who acted, or whom the row describes.
    User,
    /// Id of the item that was acted on, or that the row describes.
    Item,
    /// The rating; for plays seconds watched, for thumbs -1, 1 or 2.
    Rating,
    /// When it happened.
    Timestamp,
    /// Kind of event, by name.
    Kind,
    /// Id of the event.
    EventId,
    /// Id of the visit; stands for the user where the row names none.
    Session,
    /// Kind of device.
    Device,
    /// An item's title.
    Title,
    /// An item's genres.
    Genres,
    /// An item's tags.
    Tags,
    /// An item's creators.
    Creators,
    /// An item's description.
    Description,
    /// An item's or user's language.
    Language,
    /// When an item came out: a date or a year.
    Released,
    /// How long an item plays, in seconds, or `90 min`.
    Duration,
    /// What sort of thing an item is.
    ItemKind,
    /// A user's age in years.
    Age,
    /// A user's gender.
    Gender,
    /// A user's occupation.
    Occupation,
    /// A user's country or region.
    Country,
}

/// Names of fields in a mapping, for messages.
pub(crate) const FIELD_NAMES: &str = "user, item, rating (or value), timestamp, kind, event_id, \
     session, device, title, genres, tags, creators, description, language, released, duration, \
     item_kind, age, gender, occupation, country";

/// Number of fields.
pub(super) const N_FIELDS: usize = 21;

/// Each field, its name in a mapping, and the names of columns that mean it, most telling first,
/// in lower case and without anything but letters and digits.
pub(super) const FIELDS: [(Field, &str, &[&str]); N_FIELDS] = [
    (
        Field::User,
        "user",
        &[
            "userid",
            "user",
            "uid",
            "viewerid",
            "viewer",
            "customerid",
            "reviewerid",
            "accountid",
            "visitorid",
            "profileid",
        ],
    ),
    (
        Field::Item,
        "item",
        &[
            "itemid",
            "item",
            "iid",
            "movieid",
            "movie",
            "artistid",
            "bookid",
            "gameid",
            "productid",
            "asin",
            "videoid",
            "trackid",
            "songid",
            "showid",
            "contentid",
            "articleid",
            "titleid",
            "appid",
            "businessid",
        ],
    ),
    (
        Field::Rating,
        "rating",
        &[
            "rating",
            "ratings",
            "score",
            "stars",
            "overall",
            "weight",
            "count",
            "playcount",
        ],
    ),
    (
        Field::Timestamp,
        "timestamp",
        &[
            "timestamp",
            "time",
            "ts",
            "datetime",
            "date",
            "unixtime",
            "unixreviewtime",
            "createdat",
            "eventtime",
        ],
    ),
    (
        Field::Kind,
        "kind",
        &[
            "kind",
            "eventkind",
            "eventtype",
            "event",
            "actiontype",
            "action",
            "behavior",
        ],
    ),
    (Field::EventId, "event_id", &["eventid"]),
    (Field::Session, "session", &["sessionid", "session"]),
    (Field::Device, "device", &["device", "devicetype"]),
    (
        Field::Title,
        "title",
        &[
            "title",
            "movietitle",
            "itemtitle",
            "booktitle",
            "name",
            "gamename",
            "originaltitle",
        ],
    ),
    (
        Field::Genres,
        "genres",
        &[
            "genres",
            "genre",
            "class",
            "categories",
            "category",
            "listedin",
        ],
    ),
    (Field::Tags, "tags", &["tags", "keywords"]),
    (
        Field::Creators,
        "creators",
        &[
            "creators",
            "creatorid",
            "creator",
            "authors",
            "author",
            "bookauthor",
            "director",
        ],
    ),
    (
        Field::Description,
        "description",
        &["description", "overview", "plot", "summary", "caption"],
    ),
    (
        Field::Language,
        "language",
        &["language", "lang", "originallanguage", "languagecode"],
    ),
    (
        Field::Released,
        "released",
        &[
            "released",
            "releasedate",
            "releaseyear",
            "year",
            "yearofpublication",
            "originalpublicationyear",
        ],
    ),
    (
        Field::Duration,
        "duration",
        &["duration", "durationseconds"],
    ),
    (Field::ItemKind, "item_kind", &["itemkind", "type"]),
    (Field::Age, "age", &["age"]),
    (Field::Gender, "gender", &["gender", "sex"]),
    (Field::Occupation, "occupation", &["occupation", "job"]),
    (
        Field::Country,
        "country",
        &["country", "countrycode", "region", "location"],
    ),
];

impl Field {
    /// Its name in a mapping.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// The field with this name in a mapping; `value` is another name of `rating`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "value" { "rating" } else { name };
        FIELDS
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(field, _, _)| *field)
    }
}
