//! What operators watch: counts and times in the text format of Prometheus.
//!
//! Nothing about a viewer is in it: labels are calls, codes, stages and components, all of them names
//! of our own.

use std::{sync::Mutex, time::Duration};

use marquee_pipeline::{Degradation, StageTiming};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::workers::Workers;

pub(crate) mod page;

/// Borders between the times that are told apart, in seconds: from a tenth of a millisecond to the
/// longest call.
const BORDERS_S: [f64; 14] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    call: &'static str,
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
    component: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: &'static str,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// What the service holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Holdings {
    /// Viewers whose logs are in memory.
    pub(crate) viewers: u64,
    /// About how many bytes those take.
    pub(crate) viewer_bytes: u64,
    /// Number of the last entry of the journal that answers know of.
    pub(crate) visible_seq: u64,
}

/// Counters of one server.
#[derive(Debug)]
pub(crate) struct Telemetry {
    registry: Mutex<Registry>,
    calls: Times<CallLabels>,
    stages: Times<StageLabels>,
    events: Family<OutcomeLabels, Counter>,
    degraded: Family<ComponentLabels, Counter>,
    viewers: Gauge,
    viewer_bytes: Gauge,
    visible_seq: Gauge,
    waiting: Gauge,
    quality: Gauge,
}

fn times() -> Histogram {
    Histogram::new(BORDERS_S)
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let this = Self {
            registry: Mutex::new(Registry::with_prefix("marquee")),
            calls: Family::new_with_constructor(times),
            stages: Family::new_with_constructor(times),
            events: Family::default(),
            degraded: Family::default(),
            viewers: Gauge::default(),
            viewer_bytes: Gauge::default(),
            visible_seq: Gauge::default(),
            waiting: Gauge::default(),
            quality: Gauge::default(),
        };
        this.register();
        this
    }

    fn register(&self) {
        let mut registry = self.registry();
        let seconds = Unit::Seconds;
        registry.register_with_unit(
            "call_duration",
            "Time of calls from arrival to answer, by call and status code",
            seconds.clone(),
            self.calls.clone(),
        );
        registry.register_with_unit(
            "stage_duration",
            "Time of components of the request path",
            seconds,
            self.stages.clone(),
        );
        let events = self.events.clone();
        registry.register(
            "events",
            "Events that were sent, by what became of them",
            events,
        );
        let degraded = self.degraded.clone();
        registry.register("degraded", "Answers without a component", degraded);
        let viewers = self.viewers.clone();
        registry.register("viewers", "Viewers whose events are in memory", viewers);
        registry.register_with_unit(
            "viewer_memory",
            "Memory that the events of viewers take, about",
            Unit::Bytes,
            self.viewer_bytes.clone(),
        );
        let seq = self.visible_seq.clone();
        registry.register(
            "visible_seq",
            "Last entry of the journal that answers know",
            seq,
        );
        let waiting = self.waiting.clone();
        registry.register("waiting_calls", "Calls that wait for a worker", waiting);
        registry.register(
            "quality_percent",
            "How much work goes into an answer that begins now, of a whole one",
            self.quality.clone(),
        );
    }

    /// Counts a call that was answered.
    pub(crate) fn call(&self, call: &'static str, code: &str, took: Duration) {
        let code = code.to_owned();
        let times = self.calls.get_or_create(&CallLabels { call, code });
        times.observe(took.as_secs_f64());
    }

    /// Counts what an answer spent and went without.
    pub(crate) fn answer(&self, timings: &[StageTiming], degraded: &[Degradation]) {
        for &StageTiming {
            stage,
            component,
            took,
        } in timings
        {
            let times = self.stages.get_or_create(&StageLabels { stage, component });
            times.observe(took.as_secs_f64());
        }
        for Degradation { component, .. } in degraded {
            self.degraded
                .get_or_create(&ComponentLabels { component })
                .inc();
        }
    }

    /// Counts `count` events that were sent.
    pub(crate) fn events(&self, outcome: &'static str, count: u64) {
        if count > 0 {
            self.events
                .get_or_create(&OutcomeLabels { outcome })
                .inc_by(count);
        }
    }

    /// Everything in the text format of Prometheus.
    pub(crate) fn text(&self, holdings: Holdings, workers: &Workers) -> String {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.viewers.set(whole(holdings.viewers));
        self.viewer_bytes.set(whole(holdings.viewer_bytes));
        self.visible_seq.set(whole(holdings.visible_seq));
        self.waiting.set(whole(workers.waiting()));
        self.quality.set(workers.quality().percent().into());
        let mut text = String::new();
        encode(&mut text, &self.registry()).expect("a string takes any text");
        text
    }

    /// Metrics are only added when the server starts, so a panic elsewhere leaves nothing half done.
    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::incident::Incidents;

    #[test]
    fn what_was_counted_is_told() {
        let telemetry = Telemetry::new();
        telemetry.call("Recommend", "OK", Duration::from_millis(3));
        telemetry.call("Recommend", "OK", Duration::from_millis(30));
        telemetry.events("written", 5);
        telemetry.events("refused", 0);
        let timing = StageTiming {
            stage: "source",
            component: "ials",
            took: Duration::from_micros(80),
        };
        telemetry.answer(&[timing], &[]);
        let holdings = Holdings {
            viewers: 7,
            ..Holdings::default()
        };
        let workers = Workers::new(1, Duration::from_millis(9), Arc::new(Incidents::new()));
        let text = telemetry.text(holdings, &workers);
        for line in [
            "marquee_call_duration_seconds_count{call=\"Recommend\",code=\"OK\"} 2",
            "marquee_call_duration_seconds_bucket{le=\"0.005\",call=\"Recommend\",code=\"OK\"} 1",
            "marquee_stage_duration_seconds_count{stage=\"source\",component=\"ials\"} 1",
            "marquee_events_total{outcome=\"written\"} 5",
            "marquee_viewers 7",
            "marquee_waiting_calls 0",
            "marquee_quality_percent 100",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("refused"));
        assert!(text.ends_with("# EOF\n"));
    }
}
