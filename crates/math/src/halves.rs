//! Rows of numbers in 16 bits each: the upper half of an `f32` (bfloat16), widened when multiplied.
//!
//! The processors that multiply pairs of such numbers at once would round the query to 16 bits, too;
//! widening keeps it as it is, and costs nothing where memory is what one waits for.

use crate::simd::halves;

/// The nearest number of 16 bits, ties to the even one; infinite beyond the largest.
pub fn to_half(number: f32) -> u16 {
    let bits = number.to_bits();
    if number.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    // Adds just under a half, and one more where the half is to be rounded up to an even number.
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// The number that `half` stands for.
pub fn from_half(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

/// Rows of a block.
pub const BLOCK_ROWS: usize = halves::ROWS;

/// Writes the product of each row of `blocks` with `vector`. A block holds sixteen rows: the first
/// numbers of all its rows, then the second ones, and so on. The same bits on every machine; relative
/// error at most `(d + 2) 2⁻²⁴` of the sum of the products' sizes.
///
/// # Panics
///
/// When `vector` is empty or lengths do not agree.
///
/// # Example
///
/// ```
/// use marquee_math::halves::{half_dots, to_half};
///
/// // All rows are (1, 2).
/// let mut block = [to_half(1.0); 32];
/// block[16..].fill(to_half(2.0));
/// let mut products = [0.0; 16];
/// half_dots(&block, &[10.0, 1.0], &mut products);
/// assert_eq!(products, [12.0; 16]);
/// ```
pub fn half_dots(blocks: &[u16], vector: &[f32], products: &mut [f32]) {
    assert!(!vector.is_empty(), "numbers in a row");
    assert_eq!(
        blocks.len(),
        products.len() * vector.len(),
        "numbers of blocks"
    );
    assert!(products.len().is_multiple_of(BLOCK_ROWS), "whole blocks");
    halves::dots(blocks, vector, products);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_nearest_and_ties_to_even() {
        assert_eq!(to_half(1.0), 0x3f80);
        assert_eq!(to_half(f32::from_bits(0x3f80_8000)), 0x3f80);
        assert_eq!(to_half(f32::from_bits(0x3f81_8000)), 0x3f82);
        assert_eq!(to_half(f32::from_bits(0x3f80_8001)), 0x3f81);
        assert_eq!(to_half(f32::MAX), 0x7f80);
        assert!(from_half(to_half(f32::NAN)).is_nan());
        assert_eq!(from_half(to_half(-2.5)).to_bits(), (-2.5_f32).to_bits());
    }
}
