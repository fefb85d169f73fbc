//! What truly follows when a row is looked at: chances of every head, and a draw of what happens.

use marquee_core::{Action, Event, Seconds};
use marquee_features::Head;
use marquee_math::{Rng, rng};
use marquee_testkit::world::{FINISHED, RETRACTION, Truth};
use rand::RngExt as _;

/// What a viewer does about a row that he looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follows {
    /// Chance, or mean share, of each of [`Head::STANDARD`].
    pub(crate) chances: [f32; 9],
    truth: Truth,
    report: f32,
}

/// Share of hides that come with a report: a tenth of the creators do much that is reported.
pub(crate) fn report_chance(creator: u32) -> f32 {
    if creator.is_multiple_of(10) { 0.6 } else { 0.1 }
}

impl Follows {
    /// What follows an impression with this truth, were it looked at for sure.
    pub(crate) fn new(truth: Truth, creator: u32) -> Self {
        let report = report_chance(creator);
        let stays = 1.0 - narrow(RETRACTION);
        let chance = |head: &Head| match head {
            Head::Open => truth.open,
            Head::WatchFraction => truth.watched(),
            Head::Finish => truth.finish,
            Head::Like => truth.like * stays,
            Head::Comment => truth.comment,
            Head::Share => truth.share,
            Head::Save => truth.save * stays,
            Head::Hide => truth.hide * stays,
            Head::Report => truth.hide * report,
            _ => 0.0,
        };
        Self {
            chances: Head::STANDARD.map(|head| chance(&head) / truth.examination),
            truth,
            report,
        }
    }

    /// Draws what happens, step after step as the world does: values of [`Head::STANDARD`].
    pub(crate) fn draw(&self, drawn: &mut Rng) -> [f32; 9] {
        let truth = &self.truth;
        let mut happens = |chance: f32| drawn.random::<f32>() < chance;
        let stays = 1.0 - narrow(RETRACTION);
        let mut found = [0.0; 9];
        let yes = |is: bool| f32::from(u8::from(is));
        let open = truth.open / truth.examination;
        if !happens(open) {
            if happens(truth.hide / (truth.examination * (1.0 - open))) {
                found[7] = yes(happens(stays));
                found[8] = yes(happens(self.report));
            }
            return found;
        }
        found[0] = 1.0;
        found[6] = yes(happens(truth.save / truth.open * stays));
        if !happens(truth.play / truth.open) {
            return found;
        }
        let given_play = |chance: f32| chance / truth.play;
        found[2] = yes(happens(given_play(truth.finish)));
        found[3] = yes(happens(given_play(truth.like) * stays));
        found[4] = yes(happens(given_play(truth.comment)));
        found[5] = yes(happens(given_play(truth.share)));
        let unit: f64 = drawn.random();
        found[1] = if found[2] > 0.0 {
            narrow(FINISHED + (1.0 - FINISHED) * unit)
        } else {
            narrow(FINISHED * unit.powf(1.0 / truth.stay()))
        };
        found
    }
}

/// The report that may follow a hide, a second later.
pub(crate) fn report(hide: &Event, creator: u32, seed: u64, place: u64) -> Option<Event> {
    let Action::Hide { item } = &hide.action else {
        return None;
    };
    let happens = rng(seed, place).random::<f32>() < report_chance(creator);
    happens.then(|| Event {
        id: None,
        time: hide.time.plus(Seconds(1.0)),
        action: Action::Report {
            item: item.clone(),
            reason: "misleading".to_owned(),
        },
        ..hide.clone()
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "chances need no more digits"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use marquee_testkit::world::{Deed, tiny_world};

    #[test]
    fn draws_are_as_frequent_as_the_chances() {
        let world = tiny_world();
        let records: Vec<_> = world.days().flatten().collect();
        let mut drawn = rng(7, 0);
        let mut sums = [(0.0_f64, 0.0_f64); 9];
        let mut n = 0;
        for record in &records {
            let Deed::Impression { item, truth } = record.deed else {
                continue;
            };
            let follows = Follows::new(truth, world.items()[item.index()].creator);
            for _ in 0..20 {
                n += 1;
                let found = follows.draw(&mut drawn);
                let both = follows.chances.iter().zip(&found);
                for (sums, (&chance, &found)) in sums.iter_mut().zip(both) {
                    sums.0 += f64::from(chance);
                    sums.1 += f64::from(found);
                }
            }
        }
        assert!(n > 50_000);
        for (head, (expected, happened)) in Head::STANDARD.iter().zip(sums) {
            let off = (happened - expected) / expected.sqrt();
            assert!(off.abs() < 4.5, "{head}: {off}");
        }
    }
}
