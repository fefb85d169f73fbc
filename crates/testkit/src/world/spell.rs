//! From rows and numbers to the records of the data model: ids, names and texts.
//!
//! Texts are made when they are asked for, each from its own stream, so a world holds none.

use marquee_core::{
    Action, Actor, Creator, CreatorId, Event, EventId, Item, ItemId, ItemIdx, RecommendationId,
    Seconds, SessionId, Surface, User, UserId, UserIdx,
};
use marquee_math::derive_seed;

use crate::draw::Draw;

use super::{
    Deed, Record, Sentiment, Studio, World, text,
    words::{COUNTRIES, DEVICES, GENDERS, GENRES, OCCUPATIONS},
};

/// Makes an id of a text of a few dozen bytes.
macro_rules! id {
    ($name:ident, $($text:tt)+) => {
        $name::new(format!($($text)+)).unwrap_or_else(|error| unreachable!("{error}"))
    };
}

impl World {
    /// `viewer-000123`.
    pub fn user_id(&self, viewer: UserIdx) -> UserId {
        id!(UserId, "viewer-{:06}", viewer.0)
    }

    /// `item-000042`.
    pub fn item_id(&self, item: ItemIdx) -> ItemId {
        id!(ItemId, "item-{:06}", item.0)
    }

    /// `creator-000007`.
    pub fn creator_id(&self, creator: u32) -> CreatorId {
        id!(CreatorId, "creator-{creator:06}")
    }

    /// `event-000123-000009`: the tenth event of viewer 123.
    pub fn event_id(&self, viewer: UserIdx, number: u32) -> EventId {
        id!(EventId, "event-{:06}-{number:06}", viewer.0)
    }

    /// `visit-000123-0004`: the fifth visit of viewer 123.
    pub fn session_id(&self, record: &Record) -> SessionId {
        id!(
            SessionId,
            "visit-{:06}-{:04}",
            record.viewer.0,
            record.session
        )
    }

    /// Name of the device that `viewer` uses.
    ///
    /// # Panics
    ///
    /// When there is no such viewer.
    pub fn device(&self, viewer: UserIdx) -> &'static str {
        DEVICES[usize::from(self.viewers[viewer.index()].device)]
    }

    /// The event that `record` stands for, spelled out.
    ///
    /// # Panics
    ///
    /// When the record is not of this world.
    pub fn event(&self, record: &Record) -> Event {
        let of_item = record.deed.item().is_some();
        let slate = || {
            let (viewer, session) = (record.viewer.0, record.session);
            let slate = record.slate;
            id!(RecommendationId, "slate-{viewer:06}-{session:04}-{slate}")
        };
        Event {
            id: Some(self.event_id(record.viewer, record.number)),
            actor: Actor::User(self.user_id(record.viewer)),
            time: record.time,
            action: self.action(record),
            surface: of_item.then(|| Surface {
                page: "home".to_owned(),
                row: 0,
                position: record.position,
                artwork: None,
            }),
            device: Some(self.device(record.viewer).to_owned()),
            session: Some(self.session_id(record)),
            recommendation: of_item.then(slate),
        }
    }

    fn action(&self, record: &Record) -> Action {
        let id = |item| self.item_id(item);
        match record.deed {
            Deed::Impression { item, .. } => Action::Impression { item: id(item) },
            Deed::Open { item } => Action::Open { item: id(item) },
            Deed::Play { item, watched } => Action::Play {
                item: id(item),
                watched,
                duration: Some(self.items[item.index()].duration),
            },
            Deed::Rate { item, stars } => Action::Rate {
                item: id(item),
                rating: f32::from(stars),
            },
            Deed::Thumb { item, direction } => Action::Thumb {
                item: id(item),
                direction,
            },
            Deed::Like { item } => Action::Like { item: id(item) },
            Deed::Comment { item, sentiment } => Action::Comment {
                item: id(item),
                text: self.comment(record, item, sentiment),
            },
            Deed::Share { item } => Action::Share { item: id(item) },
            Deed::Save { item } => Action::Save { item: id(item) },
            Deed::Hide { item } => Action::Hide { item: id(item) },
            Deed::Follow { creator } => Action::Follow {
                creator: self.creator_id(creator),
            },
            Deed::Retract { number } => Action::Retract {
                event: self.event_id(record.viewer, number),
            },
        }
    }

    /// The text of the comment that `record` is, about `item`.
    pub(super) fn comment(&self, record: &Record, item: ItemIdx, says: Sentiment) -> String {
        let seed = derive_seed(self.config.seed, b"comments");
        let stream = u64::from(record.viewer.0) << 32 | u64::from(record.number);
        let genre = self.items[item.index()].genre;
        text::comment(genre, says, &mut Draw::new(seed, stream))
    }

    /// The catalog record of `item`.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    pub fn item(&self, item: ItemIdx) -> Item {
        let truth = &self.items[item.index()];
        let (first, second) = (truth.genre, truth.second_genre);
        let seed = derive_seed(self.config.seed, b"item texts");
        let mut draw = Draw::new(seed, u64::from(item.0));
        let name = |genre: u8| GENRES[usize::from(genre)].name.to_owned();
        let mut genres = vec![name(first)];
        if second != first {
            genres.push(name(second));
        }
        let minimum_age = GENRES[usize::from(first)].minimum_age;
        Item {
            title: text::title(first, &mut draw),
            kind: truth.kind,
            genres,
            tags: text::tags(first, second, &mut draw),
            creators: vec![self.creator_id(truth.creator)],
            description: text::description(first, second, &mut draw),
            language: Some("en".to_owned()),
            released: Some(truth.released),
            duration: Some(truth.duration),
            minimum_age: (minimum_age > 0).then_some(minimum_age),
            ..Item::new(self.item_id(item))
        }
    }

    /// The record of `viewer`.
    ///
    /// # Panics
    ///
    /// When there is no such viewer.
    pub fn user(&self, viewer: UserIdx) -> User {
        let truth = &self.viewers[viewer.index()];
        let (country, language) = COUNTRIES[usize::from(truth.country)];
        let since = Seconds(-f64::from(truth.member_days) * Seconds::DAY.0);
        User {
            id: self.user_id(viewer),
            age: Some(truth.age),
            gender: Some(GENDERS[usize::from(truth.gender)].to_owned()),
            occupation: Some(OCCUPATIONS[usize::from(truth.occupation)].to_owned()),
            country: Some(country.to_owned()),
            language: Some(language.to_owned()),
            joined: Some(self.config.start.plus(since)),
        }
    }

    /// The record of `creator`; its groups are its size and its country.
    ///
    /// # Panics
    ///
    /// When there is no such creator.
    pub fn creator(&self, creator: u32) -> Creator {
        let truth = &self.creators[creator as usize];
        let seed = derive_seed(self.config.seed, b"creator texts");
        let size = match truth.studio {
            Studio::Independent => "independent",
            Studio::Major => "major",
        };
        Creator {
            id: self.creator_id(creator),
            name: text::studio(&mut Draw::new(seed, u64::from(creator))),
            groups: vec![
                size.to_owned(),
                COUNTRIES[usize::from(truth.country)].0.to_owned(),
            ],
        }
    }
}
