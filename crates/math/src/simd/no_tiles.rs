//! What stands for matrix tiles where processors have none.

use super::isa::Rows;

/// The proof of what is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tiles {}

/// Numbers in a line, to which rows are padded.
pub(crate) const LINE: usize = 32;

/// Rows to gather and to add the outer products of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gather<'a> {
    pub(crate) from: &'a [[u16; LINE]],
    pub(crate) lines: usize,
    pub(crate) rows: &'a [u32],
    pub(crate) weights: Option<&'a [f32]>,
    pub(crate) targets: &'a [f32],
}

/// Memory for what is gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered;

impl Tiles {
    /// None.
    pub(crate) fn of_this_machine() -> Option<Self> {
        None
    }

    /// Never called.
    pub(crate) fn gram(self, _: Gather<'_>, _: &mut Gathered, _: Rows<&mut [f32]>, _: &mut [f32]) {
        match self {}
    }
}
