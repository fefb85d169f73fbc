//! One visit of one viewer: slates are shown, places are looked at, and what follows is drawn.

use marquee_core::{ItemIdx, Seconds, ThumbDirection, Timestamp, UserIdx};

use crate::draw::Draw;

use super::{
    World,
    outcome::{Chances, DOUBLE_THUMB, FINISHED, RETRACTION, Tie, Truth, affinity, liking, stay},
    policy::{Policy, Shelf},
    record::{Deed, Record, Sentiment},
    taste::Latent,
};

/// Chance of another slate after each.
const GO_ON: f64 = 0.6;

/// A visit shows at most so many slates.
const MOST_SLATES: u32 = 8;

/// So many items finished or hidden last are not shown again.
const REMEMBERED: usize = 48;

/// Nobody follows more creators.
const MOST_FOLLOWS: usize = 32;

/// What changes about a viewer as the world goes on.
#[derive(Debug, Clone)]
pub(super) struct ViewerState {
    pub(super) taste: Latent,
    pub(super) follows: Vec<u32>,
    /// Finished or hidden items, oldest first.
    excluded: Vec<u32>,
    next_event: u32,
    pub(super) next_session: u32,
    /// When the last visit ended.
    pub(super) free_at: Timestamp,
}

impl ViewerState {
    pub(super) fn new(taste: Latent) -> Self {
        Self {
            taste,
            follows: Vec::new(),
            excluded: Vec::new(),
            next_event: 0,
            next_session: 0,
            free_at: Timestamp::from_millis(i64::MIN),
        }
    }

    /// Keeps `item` off the next slates; the oldest such item comes back once there are `most`.
    fn exclude(&mut self, item: u32, most: usize) {
        if self.excluded.contains(&item) {
            return;
        }
        if self.excluded.len() >= most {
            self.excluded.remove(0);
        }
        self.excluded.push(item);
    }
}

/// One place of a slate.
struct Place {
    item: u32,
    chances: Chances,
    truth: Truth,
}

/// A visit under way.
pub(super) struct Visit<'a> {
    pub(super) world: &'a World,
    pub(super) shelf: &'a Shelf,
    pub(super) viewer: UserIdx,
    pub(super) state: &'a mut ViewerState,
    pub(super) draw: &'a mut Draw,
    /// Where its events go.
    pub(super) out: &'a mut Vec<Record>,
    /// Now.
    pub(super) clock: Timestamp,
    /// Zero when it starts.
    pub(super) slate: u32,
}

impl World {
    /// What is true of `item` for somebody of this taste who follows these creators, were it looked at for
    /// sure. No policy shows it, so its propensity is NaN.
    ///
    /// # Panics
    ///
    /// When there is no such item.
    pub fn truth_of(&self, taste: &Latent, follows: &[u32], item: ItemIdx) -> Truth {
        self.chances(taste, follows, item.0).truth(1.0, f64::NAN)
    }

    fn chances(&self, taste: &Latent, follows: &[u32], item: u32) -> Chances {
        let truth = &self.items[item as usize];
        let tie = if follows.contains(&truth.creator) {
            Tie::Follows
        } else {
            Tie::None
        };
        let affinity = affinity(taste, &truth.latent, truth.quality, tie);
        Chances::new(affinity, truth.duration.0, tie)
    }
}

impl Visit<'_> {
    /// Plays the visit to its end.
    pub(super) fn run(mut self) {
        if self.state.next_session == 0 {
            self.first_follows();
        }
        loop {
            let places = self.show();
            for (position, place) in places.iter().enumerate() {
                self.look_at(crate::draw::row(position), place);
            }
            self.pass(1.0, 5.0);
            self.slate += 1;
            if self.slate == MOST_SLATES || !self.draw.chance(GO_ON) {
                break;
            }
        }
        self.state.next_session += 1;
        self.state.free_at = self.clock;
    }

    /// A new viewer picks up to three creators whose genre suits them, out of a few on offer.
    fn first_follows(&mut self) {
        let creators = &self.world.creators;
        for _ in 0..3 {
            let offered = crate::draw::row(self.draw.index(creators.len()));
            let genre = usize::from(creators[offered as usize].genre);
            let suits = super::taste::agreement(&self.state.taste, &self.world.directions[genre]);
            if suits > 0.2 && !self.state.follows.contains(&offered) {
                self.state.follows.push(offered);
                self.write(0, Deed::Follow { creator: offered });
                self.pass(1.0, 4.0);
            }
        }
    }

    /// Fills a slate and writes its impressions.
    fn show(&mut self) -> Vec<Place> {
        let world = self.world;
        let policy = Policy::new(
            &world.config,
            (&world.items, self.shelf),
            &world.directions,
            (&self.state.taste, &self.state.follows),
        );
        let mut taken = self.state.excluded.clone();
        let mut places = Vec::with_capacity(world.examination.len());
        for &examination in &world.examination {
            let (item, propensity) = policy.choose(&taken, self.draw);
            taken.push(item);
            let chances = world.chances(&self.state.taste, &self.state.follows, item);
            places.push(Place {
                item,
                chances,
                truth: chances.truth(examination, propensity),
            });
        }
        for (position, place) in places.iter().enumerate() {
            let deed = Deed::Impression {
                item: ItemIdx(place.item),
                truth: place.truth,
            };
            self.write(crate::draw::row(position), deed);
            self.clock = self.clock.plus(Seconds(0.12));
        }
        places
    }

    /// What the viewer does about one place.
    fn look_at(&mut self, position: u32, place: &Place) {
        let examination = self.world.examination[position as usize];
        if !self.draw.chance(examination) {
            return;
        }
        self.pass(0.3, 2.0);
        let item = ItemIdx(place.item);
        if !self.draw.chance(place.chances.open) {
            if self.draw.chance(place.chances.hide) {
                self.exclude(place.item);
                self.write_retractable(position, Deed::Hide { item });
            }
            return;
        }
        self.write(position, Deed::Open { item });
        self.pass(1.0, 6.0);
        if self.draw.chance(place.chances.save) {
            self.write_retractable(position, Deed::Save { item });
            self.pass(0.5, 2.0);
        }
        if self.draw.chance(place.chances.play) {
            self.watch(position, place);
            self.react(position, place);
        }
    }

    fn watch(&mut self, position: u32, place: &Place) {
        let duration = self.world.items[place.item as usize].duration;
        let share = if self.draw.chance(place.chances.finish) {
            self.exclude(place.item);
            self.draw.between(FINISHED, 1.0)
        } else {
            // Those who stop early stop soon, more so the less it suits them.
            FINISHED * self.draw.unit().powf(1.0 / stay(place.chances.affinity))
        };
        let millis = (duration.0 * share * 1000.0).ceil();
        let watched = Seconds(millis / 1000.0);
        self.clock = self.clock.plus(watched);
        let item = ItemIdx(place.item);
        self.write(position, Deed::Play { item, watched });
    }

    /// Everything that may follow a play.
    fn react(&mut self, position: u32, place: &Place) {
        let item = ItemIdx(place.item);
        let chances = place.chances;
        self.pass(0.5, 3.0);
        if self.draw.chance(chances.like) {
            self.write_retractable(position, Deed::Like { item });
        }
        if let Some(direction) = self.thumb(&chances) {
            self.write_retractable(position, Deed::Thumb { item, direction });
        }
        if self.draw.chance(chances.rate) {
            let stars = self.stars(chances.affinity);
            self.write(position, Deed::Rate { item, stars });
        }
        if self.draw.chance(chances.comment) {
            self.pass(5.0, 40.0);
            let sentiment = self.sentiment(chances.affinity);
            self.write(position, Deed::Comment { item, sentiment });
        }
        if self.draw.chance(chances.share) {
            self.pass(1.0, 8.0);
            self.write(position, Deed::Share { item });
        }
        if self.draw.chance(chances.follow) {
            let creator = self.world.items[place.item as usize].creator;
            self.follow(position, creator);
        }
    }

    fn thumb(&mut self, chances: &Chances) -> Option<ThumbDirection> {
        if self.draw.chance(chances.thumb_up) {
            let double = self.draw.chance(DOUBLE_THUMB);
            return Some(if double {
                ThumbDirection::DoubleUp
            } else {
                ThumbDirection::Up
            });
        }
        let down = self.draw.chance(chances.thumb_down);
        down.then_some(ThumbDirection::Down)
    }

    /// A rating from 1 to 5 around what the affinity says.
    fn stars(&mut self, affinity: f64) -> u8 {
        let level = 3.2 + 0.8 * affinity + 0.6 * self.draw.normal();
        let above = [1.5, 2.5, 3.5, 4.5].into_iter().filter(|&cut| level >= cut);
        1 + super::catalog::small(above.count())
    }

    fn sentiment(&mut self, affinity: f64) -> Sentiment {
        if self.draw.chance(0.2) {
            Sentiment::Neutral
        } else if self.draw.chance(liking(affinity)) {
            Sentiment::Positive
        } else {
            Sentiment::Negative
        }
    }

    fn follow(&mut self, position: u32, creator: u32) {
        let follows = &mut self.state.follows;
        if !follows.contains(&creator) {
            if follows.len() == MOST_FOLLOWS {
                follows.remove(0);
            }
            follows.push(creator);
        }
        self.write(position, Deed::Follow { creator });
    }

    fn exclude(&mut self, item: u32) {
        // A quarter of the catalog at most, so that a small one does not run out.
        let most = REMEMBERED.min(self.world.items.len() / 4);
        self.state.exclude(item, most);
    }

    /// Lets between `low` and `high` seconds pass.
    fn pass(&mut self, low: f64, high: f64) {
        self.clock = self.clock.plus(Seconds(self.draw.between(low, high)));
    }

    fn write(&mut self, position: u32, deed: Deed) {
        self.write_at(self.clock, position, deed);
    }

    fn write_at(&mut self, time: Timestamp, position: u32, deed: Deed) {
        self.out.push(Record {
            time,
            viewer: self.viewer,
            number: self.state.next_event,
            session: self.state.next_session,
            slate: self.slate,
            position,
            deed,
        });
        self.state.next_event += 1;
    }

    /// Writes something, and now and then that it is taken back within ten minutes.
    fn write_retractable(&mut self, position: u32, deed: Deed) {
        let number = self.state.next_event;
        self.write(position, deed);
        if self.draw.chance(RETRACTION) {
            let later = Seconds(self.draw.between(5.0, 600.0));
            let time = self.clock.plus(later);
            if let Deed::Hide { item } = deed {
                self.state.excluded.retain(|&hidden| hidden != item.0);
            }
            self.write_at(time, position, Deed::Retract { number });
        }
    }
}
