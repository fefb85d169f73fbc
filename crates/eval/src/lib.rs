//! marquee-eval
