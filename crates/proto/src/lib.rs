//! marquee-proto
