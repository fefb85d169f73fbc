//! marquee-store
