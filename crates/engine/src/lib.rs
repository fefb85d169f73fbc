//! marquee-engine
