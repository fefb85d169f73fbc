//! What a section may hold: numbers of fixed width, little-endian.

use std::fmt;

use bytemuck::Pod;

/// Type of the elements of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DType {
    /// Unsigned, 8 bits; also plain bytes.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

/// Every type with its code in the file, its width in bytes and its name. A code is never reused.
const DTYPES: [(DType, u8, u64, &str); 9] = [
    (DType::U8, 1, 1, "u8"),
    (DType::I8, 2, 1, "i8"),
    (DType::U16, 3, 2, "u16"),
    (DType::U32, 4, 4, "u32"),
    (DType::U64, 5, 8, "u64"),
    (DType::I32, 6, 4, "i32"),
    (DType::I64, 7, 8, "i64"),
    (DType::F32, 8, 4, "f32"),
    (DType::F64, 9, 8, "f64"),
];

impl DType {
    /// The type with this code in the file, if there is one.
    pub fn from_code(code: u8) -> Option<Self> {
        let row = DTYPES.iter().find(|row| row.1 == code)?;
        Some(row.0)
    }

    /// The code in the file.
    pub fn code(self) -> u8 {
        self.row().1
    }

    /// Width of one element in bytes.
    pub fn width(self) -> u64 {
        self.row().2
    }

    /// The name, as Rust writes it.
    pub fn name(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static (Self, u8, u64, &'static str) {
        // The table stands in the order of the variants; a test compares them.
        &DTYPES[self as usize]
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A number that a section can hold. Sealed: the file knows exactly the types of [`DType`].
pub trait Element: Pod + Send + Sync + sealed::Sealed {
    /// The type as the file names it.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($number:ty => $dtype:ident),+ $(,)?) => {$(
        impl sealed::Sealed for $number {}
        impl Element for $number {
            const DTYPE: DType = DType::$dtype;
        }
    )+};
}

elements! {
    u8 => U8,
    i8 => I8,
    u16 => U16,
    u32 => U32,
    u64 => U64,
    i32 => I32,
    i64 => I64,
    f32 => F32,
    f64 => F64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_stands_in_the_order_of_the_variants() {
        for row in &DTYPES {
            assert_eq!(row.0.row(), row);
            assert_eq!(DType::from_code(row.1), Some(row.0));
        }
        assert_eq!(DType::from_code(0), None);
        assert_eq!(DType::from_code(10), None);
    }

    #[test]
    fn widths_are_those_of_the_numbers() {
        #[track_caller]
        fn check<T: Element>() {
            assert_eq!(T::DTYPE.width(), size_of::<T>() as u64);
            assert_eq!(T::DTYPE.name(), std::any::type_name::<T>());
        }
        check::<u8>();
        check::<i8>();
        check::<u16>();
        check::<u32>();
        check::<u64>();
        check::<i32>();
        check::<i64>();
        check::<f32>();
        check::<f64>();
    }
}
