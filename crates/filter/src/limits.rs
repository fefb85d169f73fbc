//! How large an expression may be, and how much work it may cause.

/// Bounds of an expression. Each is an error that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of its text.
    pub max_bytes: usize,
    /// Most tests in it.
    pub max_leaves: usize,
    /// Most parentheses and `not`s around a test.
    pub max_depth: usize,
    /// Most values in all its lists together.
    pub max_values: usize,
    /// Most tests of single items that one evaluation may make: items times tests.
    pub max_row_tests: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 10,
            max_leaves: 256,
            max_depth: 32,
            max_values: 1000,
            max_row_tests: 200_000_000,
        }
    }
}
