//! Answers of the server as people read them.

use anyhow::Result;
use marquee_proto::v1::{
    AnswerInfo, ExpectedOutcome, Explanation, GetItemResponse, ItemKind, ListModelsResponse, Move,
    RankedItem,
};

use serde_json::Value;

use crate::output;

/// Parts of an explanation that people are shown.
const SHOWN_PARTS: usize = 3;

pub(super) fn ranked(items: &[RankedItem], info: Option<&AnswerInfo>) -> Result<()> {
    for (place, item) in (1..).zip(items) {
        let name = or_id(&item.title, &item.item_id);
        let genres = item.genres.join(", ");
        output::line(format_args!(
            "{place:>3}. {:.4}  {name}  [{genres}]",
            item.score
        ))?;
        if let Some(tree) = &item.explanation {
            output::line(format_args!("             because of {}", because(tree)))?;
        }
        if !item.outcomes.is_empty() {
            let told = |one: &ExpectedOutcome| format!("{} {:.4}", one.name, one.expected);
            let told: Vec<String> = item.outcomes.iter().map(told).collect();
            output::line(format_args!("             expected: {}", told.join(", ")))?;
        }
    }
    info.map_or(Ok(()), how)
}

/// What rules of the request moved.
pub(super) fn moves(moves: &[Move]) -> Result<()> {
    for one in moves {
        let Move {
            item_id,
            rule,
            from,
            to,
        } = one;
        match to {
            0 => output::line(format_args!(
                "{rule} left {item_id} out, which stood at place {from}"
            ))?,
            _ => output::line(format_args!(
                "{rule} moved {item_id} from place {from} to {to}"
            ))?,
        }
    }
    Ok(())
}

/// How the answer came about, in two lines.
fn how(info: &AnswerInfo) -> Result<()> {
    let total: u64 = info.timings.iter().map(|timing| timing.micros).sum();
    let stages: Vec<String> = info
        .timings
        .iter()
        .map(|timing| format!("{} {} {} µs", timing.stage, timing.component, timing.micros))
        .collect();
    output::line(format_args!(
        "{} answered from {} candidates in {:.2} ms ({})",
        info.model_versions.join(", "),
        info.candidate_count,
        total as f64 / 1e3,
        stages.join(", "),
    ))?;
    for missing in &info.degraded {
        output::line(format_args!("left out: {}", missing.component))?;
    }
    Ok(())
}

fn because(tree: &Explanation) -> String {
    let shown = tree.parts.iter().take(SHOWN_PARTS);
    let parts: Vec<String> = shown
        .map(|part| format!("{} {:+.3}", part.label, part.value))
        .collect();
    parts.join(", ")
}

pub(super) fn item(answer: &GetItemResponse) -> Result<()> {
    let Some(item) = &answer.item else {
        return output::line("no record");
    };
    output::line(format_args!(
        "{}  ({})",
        or_id(&item.title, &item.item_id),
        item.item_id
    ))?;
    let kind = ItemKind::try_from(item.kind).unwrap_or_default();
    output::line(format_args!("  kind   {}", kind.as_str_name()))?;
    output::line(format_args!("  genres {}", item.genres.join(", ")))?;
    if !item.description.is_empty() {
        output::line(format_args!("  {}", item.description))?;
    }
    Ok(())
}

/// The fields of an object, one a line, those of objects in it further in.
pub(super) fn fields(of: &Value, depth: usize) -> Result<()> {
    let Value::Object(fields) = of else {
        return output::line(format_args!("{:1$}{of}", "", 2 * depth));
    };
    for (name, value) in fields {
        match value {
            Value::Array(list) if list.iter().any(Value::is_object) => {
                output::line(format_args!("{:1$}{name}", "", 2 * depth))?;
                for one in list {
                    output::line(format_args!("{:1$}{one}", "", 2 * depth + 2))?;
                }
            }
            Value::Object(_) => {
                output::line(format_args!("{:1$}{name}", "", 2 * depth))?;
                self::fields(value, depth + 1)?;
            }
            _ => output::line(format_args!("{:1$}{name:<20} {value}", "", 2 * depth))?,
        }
    }
    Ok(())
}

pub(super) fn models(answer: &ListModelsResponse) -> Result<()> {
    for model in &answer.models {
        let mark = if model.active { "  active" } else { "" };
        output::line(format_args!("{}{mark}", model.version))?;
    }
    Ok(())
}

pub(super) fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn or_id<'a>(title: &'a str, id: &'a str) -> &'a str {
    if title.is_empty() { id } else { title }
}
