use super::*;

fn config() -> WorldConfig {
    WorldConfig {
        users: 400,
        items: 300,
        creators: 30,
        events: 60_000,
        days: 6,
        ..WorldConfig::default()
    }
}

#[test]
fn times_rise_and_the_number_of_events_is_met() {
    let world = World::generate(config()).unwrap();
    let records: Vec<Record> = world.days().flatten().collect();
    assert!(records.is_sorted_by_key(|one| one.time));
    let off = records.len() as f64 / 60_000.0 - 1.0;
    assert!(off.abs() < 0.05, "{} events", records.len());
}
