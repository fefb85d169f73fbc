//! The marquee binary.

fn main() {}
