//! `marquee recommend`: the answer of the server, without a server.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::{Explanation, ItemId, SessionId, Timestamp, UserId};
use marquee_engine::{
    Detail, Engine, EngineConfig, ExpectedOutcome, ItemFilter, MovedItem, Outcomes, PastItem,
    RecommendRequest, Recommendation, Removals, SeenPolicy, Surroundings, Viewer,
};
use marquee_pipeline::{Budget, MonotonicClock};
use serde_json::{Value, json};

use crate::{commands::rules::RulesArgs, output};

/// A person waits here, not a page: the budget only guards against hanging.
const BUDGET: Duration = Duration::from_secs(60);
/// Parts of an explanation that people are shown.
const SHOWN_PARTS: usize = 3;

/// Shows what a viewer would be recommended, by the active model of a data folder.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The viewer; nobody known when not given
    #[arg(long, value_name = "ID", value_parser = |text: &str| UserId::new(text))]
    user: Option<UserId>,
    /// A history for somebody the data does not know: ids of items, oldest first
    #[arg(long, value_name = "ID,…", value_delimiter = ',', conflicts_with = "user",
          value_parser = |text: &str| ItemId::new(text))]
    history: Vec<ItemId>,
    /// The visit in which the viewer asks; what happened in it counts more
    #[arg(long, value_name = "ID", conflicts_with = "history",
          value_parser = |text: &str| SessionId::new(text))]
    session: Option<SessionId>,
    /// How many items
    #[arg(short, value_name = "N", default_value_t = 10)]
    k: usize,
    /// Only items with one of these genres
    #[arg(long, value_name = "G,…", value_delimiter = ',')]
    genre: Vec<String>,
    /// No item with any of these genres
    #[arg(long, value_name = "G,…", value_delimiter = ',')]
    without_genre: Vec<String>,
    #[command(flatten)]
    rules: RulesArgs,
    /// Rank what the viewer has seen, too
    #[arg(long)]
    allow_seen: bool,
    /// Say what each score is made of
    #[arg(long)]
    explain: bool,
    /// Say what is expected to follow when each item is shown, if the model has a ranker
    #[arg(long)]
    outcomes: bool,
    /// Kind of device on which the answer is seen, as events name it
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Page on which the answer is seen, as events name it
    #[arg(long, value_name = "NAME")]
    page: Option<String>,
    /// The moment of the request, such as 2026-11-22T20:15:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Timestamp>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let engine = Engine::open(&args.data, EngineConfig::default())
        .with_context(|| format!("data folder {}", args.data.display()))?;
    let clock = MonotonicClock::start();
    let answer = engine.recommend(&request(args)?, Budget::new(&clock, BUDGET))?;
    if args.json {
        return output::json(&as_json(&answer));
    }
    show(&answer)
}

fn request(args: &Args) -> Result<RecommendRequest> {
    let past = |item: &ItemId| PastItem {
        item: item.clone(),
        weight: 1.0,
        time: Timestamp::EPOCH,
    };
    let viewer = match &args.user {
        Some(user) => Viewer::Known(user.clone()),
        None if args.history.is_empty() => Viewer::Anonymous,
        None => Viewer::WithHistory(args.history.iter().map(past).collect()),
    };
    Ok(RecommendRequest {
        viewer,
        k: args.k,
        filter: ItemFilter {
            include_genres: args.genre.clone(),
            exclude_genres: args.without_genre.clone(),
            expression: args.rules.expression()?,
            ..ItemFilter::default()
        },
        rules: args.rules.slate()?,
        seen: if args.allow_seen {
            SeenPolicy::Allow
        } else {
            SeenPolicy::Exclude
        },
        detail: if args.explain {
            Detail::Explained
        } else {
            Detail::Plain
        },
        removals: Removals::Unnamed,
        outcomes: if args.outcomes {
            Outcomes::Told
        } else {
            Outcomes::Untold
        },
        surroundings: Surroundings {
            device: args.device.clone(),
            page: args.page.clone(),
        },
        session: args.session.clone(),
        shown: Vec::new(),
        now: args.now.map_or_else(now, Ok)?,
    })
}

/// A moment in the words of RFC 3339.
fn moment(text: &str) -> Result<Timestamp, String> {
    let expected = || format!("expected a moment such as 2026-11-22T20:15:00Z, found {text:?}");
    let moment: prost_types::Timestamp = text.parse().map_err(|_| expected())?;
    let millis = moment.seconds.checked_mul(1000).ok_or_else(expected)?;
    Ok(Timestamp::from_millis(
        millis + i64::from(moment.nanos) / 1_000_000,
    ))
}

/// The time of this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where time comes in"
)]
pub(super) fn now() -> Result<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}

fn show(answer: &Recommendation) -> Result<()> {
    let rows: Vec<Vec<String>> = answer
        .items
        .iter()
        .map(|item| {
            let name = if item.title.is_empty() {
                item.item.as_str()
            } else {
                &item.title
            };
            vec![
                format!("{name}  [{}]", item.genres.join(", ")),
                item.item.to_string(),
                format!("{:.4}", item.score),
                item.sources.join("+"),
            ]
        })
        .collect();
    output::table(&["title", "item", "score", "source"], &rows)?;
    for item in &answer.items {
        if let Some(tree) = &item.explanation {
            output::line(because(&item.title, tree))?;
        }
        if !item.outcomes.is_empty() {
            output::line(expected(&item.title, &item.outcomes))?;
        }
    }
    let total: Duration = answer.timings.iter().map(|timing| timing.took).sum();
    output::line(format_args!(
        "{} of {} candidates by {} in {:.2} ms",
        answer.items.len(),
        output::count(answer.n_candidates as u64),
        answer.model,
        total.as_secs_f64() * 1e3,
    ))?;
    for moved in &answer.moved {
        output::line(said(moved))?;
    }
    for missing in &answer.degraded {
        output::line(format_args!(
            "without {}: {:?}",
            missing.component, missing.reason
        ))?;
    }
    Ok(())
}

/// What a rule did, its places counted from 1.
fn said(moved: &MovedItem) -> String {
    let (item, rule, from) = (&moved.item, moved.rule, moved.from + 1);
    match moved.to {
        Some(to) => format!("{rule} moved {item} from place {from} to {}", to + 1),
        None => format!("{rule} left {item} out, which stood at place {from}"),
    }
}

fn because(title: &str, tree: &Explanation) -> String {
    let shown = tree.parts.iter().take(SHOWN_PARTS);
    let parts: Vec<String> = shown
        .map(|part| format!("{} {:+.4}", part.label, part.value))
        .collect();
    let rest = tree.parts.len().saturating_sub(SHOWN_PARTS);
    let more = match rest {
        0 => String::new(),
        _ => format!(", and {rest} more"),
    };
    format!("{title}: {:.4} = {}{more}", tree.value, parts.join(", "))
}

fn expected(title: &str, outcomes: &[ExpectedOutcome]) -> String {
    let told = |one: &ExpectedOutcome| format!("{} {:.4}", one.name, one.expected);
    let told: Vec<String> = outcomes.iter().map(told).collect();
    format!("{title}: {}", told.join(", "))
}

fn as_json(answer: &Recommendation) -> Value {
    let items = answer.items.iter().map(|item| {
        json!({
            "item": item.item.as_str(),
            "title": item.title,
            "genres": item.genres,
            "score": item.score,
            "sources": item.sources,
            "explanation": item.explanation,
            "outcomes": item.outcomes.iter().map(|one| (one.name.clone(), one.expected.into()))
                .collect::<serde_json::Map<_, _>>(),
        })
    });
    let timings = answer.timings.iter().map(|timing| {
        json!({
            "stage": timing.stage,
            "component": timing.component,
            "micros": u64::try_from(timing.took.as_micros()).unwrap_or(u64::MAX),
        })
    });
    let moved = answer.moved.iter().map(|moved| {
        json!({
            "item": moved.item.as_str(),
            "rule": moved.rule.to_string(),
            "from": moved.from + 1,
            "to": moved.to.map(|to| to + 1),
        })
    });
    let degraded = answer.degraded.iter().map(|one| one.component);
    json!({
        "recommendation_id": answer.id.as_str(),
        "model": answer.model,
        "candidates": answer.n_candidates,
        "items": items.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "degraded": degraded.collect::<Vec<_>>(),
        "timings": timings.collect::<Vec<_>>(),
    })
}
