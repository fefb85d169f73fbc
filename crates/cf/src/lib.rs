//! marquee-cf
