//! marquee-ingest
