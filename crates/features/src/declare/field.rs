//! Fields of records and of the moment that features read by name.

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    ViewerId,
    ViewerAge,
    ViewerGender,
    ViewerOccupation,
    ViewerCountry,
    ViewerLanguage,
    ViewerJoined,
    ItemId,
    ItemKind,
    ItemLanguage,
    ItemSeries,
    ItemCreator,
    ItemGenres,
    ItemTags,
    ItemReleased,
    ItemDuration,
    ItemMinimumAge,
    ItemEpisode,
    ContextHour,
    ContextWeekday,
    ContextDevice,
    ContextPage,
}

/// Whose field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Viewer,
    Item,
    Context,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    Number,
    Text,
    Texts,
    Time,
}

const FIELDS: [(&str, Field, Owner, FieldType); 22] = {
    use Field as F;
    use FieldType::{Number, Text, Texts, Time};
    use Owner::{Context, Item, Viewer};
    [
        ("viewer.id", F::ViewerId, Viewer, Text),
        ("viewer.age", F::ViewerAge, Viewer, Number),
        ("viewer.gender", F::ViewerGender, Viewer, Text),
        ("viewer.occupation", F::ViewerOccupation, Viewer, Text),
        ("viewer.country", F::ViewerCountry, Viewer, Text),
        ("viewer.language", F::ViewerLanguage, Viewer, Text),
        ("viewer.joined", F::ViewerJoined, Viewer, Time),
        ("item.id", F::ItemId, Item, Text),
        ("item.kind", F::ItemKind, Item, Text),
        ("item.language", F::ItemLanguage, Item, Text),
        ("item.series", F::ItemSeries, Item, Text),
        ("item.creator", F::ItemCreator, Item, Text),
        ("item.genres", F::ItemGenres, Item, Texts),
        ("item.tags", F::ItemTags, Item, Texts),
        ("item.released", F::ItemReleased, Item, Time),
        ("item.duration", F::ItemDuration, Item, Number),
        ("item.minimum_age", F::ItemMinimumAge, Item, Number),
        ("item.episode", F::ItemEpisode, Item, Number),
        ("context.hour", F::ContextHour, Context, Number),
        ("context.weekday", F::ContextWeekday, Context, Number),
        ("context.device", F::ContextDevice, Context, Text),
        ("context.page", F::ContextPage, Context, Text),
    ]
};

impl Field {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let found = FIELDS.iter().find(|row| row.0 == name)?;
        Some(found.1)
    }

    /// Names of all fields of a type, for messages.
    pub(crate) fn names(of: &[FieldType]) -> String {
        let fits = FIELDS.iter().filter(|row| of.contains(&row.3));
        fits.map(|row| row.0).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn owner(self) -> Owner {
        self.row().2
    }

    pub(crate) fn holds(self) -> FieldType {
        self.row().3
    }

    fn row(self) -> &'static (&'static str, Self, Owner, FieldType) {
        let mut rows = FIELDS.iter();
        rows.find(|row| row.1 == self)
            .expect("every field has a row")
    }
}
