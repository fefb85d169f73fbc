//! Rows of bfloat16 in lines, from which some are gathered.

/// Numbers in a line, to which rows are padded: two tiles side by side.
pub(crate) const LINE: usize = 32;

/// Rows to gather and to add the outer products of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gather<'a> {
    /// Lines of bfloat16.
    pub(crate) from: &'a [[u16; LINE]],
    /// Lines of a row.
    pub(crate) lines: usize,
    /// Which rows.
    pub(crate) rows: &'a [u32],
    /// Factor of each of `rows`, rounded in once more to bfloat16; none when all are one.
    pub(crate) weights: Option<&'a [f32]>,
    /// What each of `rows` is multiplied with in the sum of rows.
    pub(crate) targets: &'a [f32],
}
