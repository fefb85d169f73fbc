//! Products of rows of bytes with queries of bytes, sixteen rows at a time.
//!
//! Sums are whole numbers and the few operations on fractions behind them are rounded one by one, so
//! every instruction set gives the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

/// Rows of a block.
pub(crate) const ROWS: usize = 16;
/// Bytes of a group: four numbers of each row of a block. Also those of a column.
pub(crate) const GROUP_BYTES: usize = 64;

/// Blocks, one after the other: groups of codes, then columns of one `f32` a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks<'a> {
    pub(crate) data: &'a [u8],
    /// Groups of a block.
    pub(crate) n_groups: usize,
    /// Columns of a block, 1 to 3.
    pub(crate) n_columns: usize,
}

impl<'a> Blocks<'a> {
    pub(crate) fn block_bytes(&self) -> usize {
        (self.n_groups + self.n_columns) * GROUP_BYTES
    }

    /// The groups and the columns of block `index`.
    #[inline(always)]
    fn block(&self, index: usize) -> (&'a [[u8; GROUP_BYTES]], &'a [[u8; GROUP_BYTES]]) {
        let bytes = self.block_bytes();
        let block = &self.data[index * bytes..][..bytes];
        let (parts, _) = block.as_chunks();
        parts.split_at(self.n_groups)
    }
}

/// What blocks are multiplied with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    /// Four codes of a signed byte in each number, as many as a block has groups.
    pub(crate) codes: &'a [i32],
    /// Where sums begin.
    pub(crate) start: i32,
    /// Factors of the product and of the second and third column.
    pub(crate) factors: [f32; 3],
    /// A row with at least this score is marked.
    pub(crate) threshold: f32,
}

/// Scores and marks, those of the first query before those of the second.
#[derive(Debug)]
pub(crate) struct Scores<'a> {
    /// One for each row of each block.
    pub(crate) scores: &'a mut [f32],
    /// A bit for each row of a block.
    pub(crate) marks: &'a mut [u16],
}

/// An instruction set that this machine has: a value is only made after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteLevel(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with its products of bytes.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl ByteLevel {
    /// The best of this machine.
    #[inline]
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if has_vnni() {
                return Self(Kind::Avx512Vnni);
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Self(Kind::Avx2);
            }
        }
        Self(Kind::Portable)
    }

    /// All that this machine has, plain code first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            all.push(Self(Kind::Avx2));
        }
        if !all.contains(&Self::best()) {
            all.push(Self::best());
        }
        all
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn has_vnni() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vnni")
}

/// Scores each block with each query.
pub(crate) fn score(
    level: ByteLevel,
    blocks: Blocks<'_>,
    queries: &[Query<'_>],
    found: Scores<'_>,
) {
    match level.0 {
        Kind::Portable => portable::score(blocks, queries, found),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => {
            // SAFETY: a level is only made where the machine has it.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            unsafe {
                avx2::score(blocks, queries, found);
            }
        }
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512Vnni => {
            // SAFETY: a level is only made where the machine has it.
            #[expect(unsafe_code, reason = "instructions beyond the baseline")]
            unsafe {
                avx512::score(blocks, queries, found);
            }
        }
    }
}

/// Asks for the memory of `bytes`, 64 at a time; nothing where the machine cannot be asked.
#[inline]
pub(crate) fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 machine has the instruction, and it reads nothing.
        #[expect(unsafe_code, reason = "prefetching has no safe form")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

#[cfg(test)]
mod tests;
