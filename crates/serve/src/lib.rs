//! marquee-serve
