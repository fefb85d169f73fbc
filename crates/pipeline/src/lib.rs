//! marquee-pipeline
