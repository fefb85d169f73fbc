//! What session neighbors keep: sessions as they went, and where each item was seen last.

use marquee_core::{SparseRows, SparseView};

/// A trained session-neighbor model that owns its sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionKnnModel {
    /// Sessions by items, each in the order of time.
    pub(super) sessions: SparseRows,
    /// Items by sessions, the latest session first, no more than are looked at.
    pub(super) latest: SparseRows,
    /// What each item counts in a comparison, `idf^idf_power`.
    pub(super) item_weights: Vec<f32>,
    pub(super) constants: Constants,
}

/// A session-neighbor model that borrows its sessions, from memory or a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct SessionKnnView<'a> {
    pub(super) sessions: SparseView<'a>,
    pub(super) latest: SparseView<'a>,
    pub(super) item_weights: &'a [f32],
    pub(super) constants: Constants,
}

/// The part of the configuration that scoring needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Constants {
    pub(super) neighbors: u32,
    pub(super) max_events: u32,
    pub(super) position_decay: f64,
    pub(super) length_power: f64,
    pub(super) reach: f64,
    pub(super) backward: f64,
    pub(super) repeat: f64,
}

impl SessionKnnModel {
    /// Borrows the sessions.
    pub fn view(&self) -> SessionKnnView<'_> {
        SessionKnnView {
            sessions: self.sessions.view(),
            latest: self.latest.view(),
            item_weights: &self.item_weights,
            constants: self.constants,
        }
    }
}
