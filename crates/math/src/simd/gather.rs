//! Rows of bfloat16 in lines, from which some are gathered.

/// Numbers in a line, to which rows are padded: two tiles side by side.
pub(crate) const LINE: usize = 32;

/// Where each number of a line stands: four of the first sixteen, four of the others, and so on. Taking
/// two rows by turns, as processors do it, then puts the first sixteen in one register.
pub(crate) const PLACES: [usize; LINE] = {
    let mut places = [0; LINE];
    let mut column = 0;
    while column < LINE {
        places[column] = column % 16 / 4 * 8 + column / 16 * 4 + column % 4;
        column += 1;
    }
    places
};

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
