//! Sorts sessions by time and notes where each item was seen last.

use std::cmp::Reverse;

use marquee_core::{Dataset, SparseRows, SparseView};

use super::{NAME, SessionKnnConfig, SessionKnnModel, model::Constants};
use crate::{
    Progress, Result,
    check::{check_data, check_finite, narrow},
    progress::Steps,
};

/// Trains session neighbors; nothing is drawn at random. Weights of interactions are not looked at.
///
/// A session is as late as its last event; among equal times, and where none is known, the later row
/// counts as later.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Stopped`](crate::Error::Stopped) when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &SessionKnnConfig,
    progress: &mut Progress<'_>,
) -> Result<SessionKnnModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 1, data.n_interactions(), progress);
    let by_user = data.by_user();
    let (latest, counts) = latest(by_user, config.sessions_per_item);
    let n_sessions = by_user.rows().filter(|row| !row.is_empty()).count() as f64;
    let weight = |&count: &u32| {
        let idf = (n_sessions / f64::from(count.max(1))).ln_1p();
        narrow(idf.powf(config.idf_power))
    };
    let item_weights: Vec<f32> = counts.iter().map(weight).collect();
    check_finite(NAME, 1, &item_weights)?;
    let limit = |found: usize| u32::try_from(found).unwrap_or(u32::MAX);
    let model = SessionKnnModel {
        sessions: SparseRows {
            weights: None,
            times: None,
            ..by_user.to_rows()
        },
        latest,
        item_weights,
        constants: Constants {
            neighbors: limit(config.neighbors),
            max_events: limit(config.max_events),
            position_decay: config.position_decay,
            length_power: config.length_power,
            reach: config.reach,
            backward: config.backward,
            repeat: config.repeat,
        },
    };
    steps.finish("sessions", None)?;
    Ok(model)
}

/// The at most `limit` latest sessions of each item, latest first, and how many there are in all.
fn latest(sessions: SparseView<'_>, limit: usize) -> (SparseRows, Vec<u32>) {
    let n_items = sessions.n_columns();
    let mut order: Vec<u32> = (0..).take(sessions.n_rows()).collect();
    order.sort_by_key(|&session| {
        let row = sessions.row(session as usize);
        let end = row.len().checked_sub(1).map(|last| row.time(last));
        Reverse((end, session))
    });
    let mut counts = vec![0_u32; n_items];
    let mut of_item: Vec<Vec<u32>> = vec![Vec::new(); n_items];
    // The session that counted last for an item, in which it may stand again.
    let mut counted = vec![None; n_items];
    for session in order {
        for &item in sessions.row(session as usize).columns {
            let item = item as usize;
            if counted[item].replace(session) == Some(session) {
                continue;
            }
            counts[item] += 1;
            if of_item[item].len() < limit {
                of_item[item].push(session);
            }
        }
    }
    let mut rows = SparseRows {
        n_columns: sessions.n_rows(),
        offsets: vec![0],
        ..SparseRows::default()
    };
    for all in of_item {
        rows.columns.extend(all);
        rows.offsets.push(rows.columns.len() as u64);
    }
    (rows, counts)
}
