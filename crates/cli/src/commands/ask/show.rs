//! Answers of the server as people read them.

use anyhow::Result;
use marquee_proto::v1::{
    AnswerInfo, Explanation, GetItemResponse, ItemKind, ListModelsResponse, Move, RankedItem,
};

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
