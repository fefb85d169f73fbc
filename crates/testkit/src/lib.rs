//! marquee-testkit
