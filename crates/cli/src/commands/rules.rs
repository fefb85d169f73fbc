//! Options that filter, lift, cap and pin: the same for `recommend` and `ask`.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use marquee_core::{AvailabilityWindow, ItemId};
use marquee_engine::{Boost, Cap, Expr, Group, ParseError, Pin, SlateRules};
use marquee_proto::v1;

/// What the options say.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RulesArgs {
    /// Only items that pass this expression, such as 'genre = "Drama" and released >= 2020'
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,
    /// Lift what passes an expression by so many standard deviations of the scores; may be repeated
    #[arg(long, value_name = "WEIGHT:EXPR", value_parser = boost, allow_hyphen_values = true)]
    boost: Vec<BoostArg>,
    /// At most so many items of one creator, genre or series, in the whole answer or in any so many
    /// places: genre=2/10; may be repeated
    #[arg(long, value_name = "BY=N[/PLACES]", value_parser = cap)]
    cap: Vec<CapArg>,
    /// An item at a place, counted from 1; may be repeated
    #[arg(long, value_name = "ID@PLACE", value_parser = pin)]
    pin: Vec<PinArg>,
}

#[derive(Debug, Clone)]
struct BoostArg {
    weight: f32,
    what: String,
}

#[derive(Debug, Clone, Copy)]
struct CapArg {
    by: Group,
    at_most: u32,
    /// Zero for the whole answer.
    within: u32,
}

#[derive(Debug, Clone)]
struct PinArg {
    item: ItemId,
    place: u32,
}

fn boost(text: &str) -> Result<BoostArg> {
    let Some((weight, what)) = text.split_once(':') else {
        bail!("expected WEIGHT:EXPR, such as '0.5:genre = \"Drama\"'");
    };
    let number = weight.trim().parse();
    let weight =
        number.map_err(|_| anyhow!("expected a number before the colon, found {weight:?}"))?;
    let what = what.to_owned();
    Ok(BoostArg { weight, what })
}

fn cap(text: &str) -> Result<CapArg> {
    let form = || anyhow!("expected BY=N or BY=N/PLACES, such as genre=2/10");
    let (name, numbers) = text.split_once('=').ok_or_else(form)?;
    let by = Group::ALL.into_iter().find(|by| by.name() == name);
    let by = by.ok_or_else(|| anyhow!("expected creator, genre or series, found {name:?}"))?;
    let (at_most, within) = numbers.split_once('/').unwrap_or((numbers, "0"));
    Ok(CapArg {
        by,
        at_most: at_most.parse().map_err(|_| form())?,
        within: within.parse().map_err(|_| form())?,
    })
}

fn pin(text: &str) -> Result<PinArg> {
    let form = || anyhow!("expected ID@PLACE, such as film-7@1");
    // Ids may hold the sign themselves.
    let (item, place) = text.rsplit_once('@').ok_or_else(form)?;
    let place = place.parse().map_err(|_| form())?;
    let item = ItemId::new(item)?;
    Ok(PinArg { item, place })
}

/// The expression `text` of `option`, or an error with the place under it.
fn parsed(option: &str, text: &str) -> Result<Expr> {
    text.parse()
        .map_err(|error: ParseError| anyhow!("{option}: {}", error.render(text)))
}

impl RulesArgs {
    /// The filter expression, if one is given.
    pub(crate) fn expression(&self) -> Result<Option<Expr>> {
        let text = self.filter.as_deref();
        text.map(|text| parsed("--filter", text)).transpose()
    }

    /// Boosts, caps and pins for the engine.
    pub(crate) fn slate(&self) -> Result<SlateRules> {
        let during = AvailabilityWindow::ALWAYS;
        let boosts = self.boost.iter().map(|one| {
            let what = parsed("--boost", &one.what)?;
            let weight = one.weight;
            Ok(Boost {
                what,
                weight,
                during,
            })
        });
        let caps = self.cap.iter().map(|one| Cap {
            by: one.by,
            at_most: one.at_most as usize,
            within: (one.within > 0).then_some(one.within as usize),
        });
        let pins = self.pin.iter().map(|one| Pin {
            item: one.item.clone(),
            place: one.place as usize,
            during,
        });
        Ok(SlateRules {
            boosts: boosts.collect::<Result<_>>()?,
            caps: caps.collect(),
            pins: pins.collect(),
        })
    }

    /// The same as fields of a request on the wire, which the server checks.
    pub(crate) fn write(&self, request: &mut v1::RecommendRequest) {
        let boost = |one: &BoostArg| v1::Boost {
            what: one.what.clone(),
            weight: one.weight,
            ..v1::Boost::default()
        };
        let cap = |one: &CapArg| v1::Cap {
            by: match one.by {
                Group::Creator => v1::CapBy::Creator,
                Group::Genre => v1::CapBy::Genre,
                Group::Series => v1::CapBy::Series,
            }
            .into(),
            at_most: one.at_most,
            within: one.within,
        };
        let pin = |one: &PinArg| v1::Pin {
            item_id: one.item.as_str().to_owned(),
            place: one.place,
            ..v1::Pin::default()
        };
        request.filter_expression = self.filter.clone().unwrap_or_default();
        request.boosts = self.boost.iter().map(boost).collect();
        request.caps = self.cap.iter().map(cap).collect();
        request.pins = self.pin.iter().map(pin).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_their_forms() {
        let lifted = boost("-0.5: genre = \"a:b\"").unwrap();
        assert_eq!(
            (lifted.weight, lifted.what.as_str()),
            (-0.5, " genre = \"a:b\"")
        );
        let capped = cap("genre=2/10").unwrap();
        assert_eq!(
            (capped.by, capped.at_most, capped.within),
            (Group::Genre, 2, 10)
        );
        assert_eq!(cap("series=1").unwrap().within, 0);
        let pinned = pin("a@b@3").unwrap();
        assert_eq!((pinned.item.as_str(), pinned.place), ("a@b", 3));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["genre", "x:available", ":"] {
            assert!(boost(text).is_err(), "{text}");
        }
        for text in [
            "genre",
            "tag=2",
            "genre=",
            "genre=2/",
            "genre=-1",
            "genre=1/2/3",
        ] {
            assert!(cap(text).is_err(), "{text}");
        }
        for text in ["a", "@1", "a@", "a@-1"] {
            assert!(pin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wrong_expression_is_shown_with_its_place() {
        let args = RulesArgs {
            filter: Some("genres = 'a'".to_owned()),
            ..RulesArgs::default()
        };
        let error = args.expression().unwrap_err().to_string();
        assert!(error.starts_with("--filter: line 1, column 1: "), "{error}");
        assert!(error.ends_with("\n  | ^^^^^^"), "{error}");
    }
}
