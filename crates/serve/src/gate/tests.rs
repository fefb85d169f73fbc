use tonic_types::StatusExt;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::incident::Incidents;

const WORK: &str = "/marquee.v1.CatalogService/GetItem";
const PROBE: &str = "/grpc.health.v1.Health/Check";

fn gate() -> Arc<Gate> {
    Arc::new(Gate::new(
        &ServeConfig::default(),
        Keys::NotAsked,
        Workers::new(1, Duration::from_secs(1), Arc::new(Incidents::new())),
        Watching {
            telemetry: Arc::new(Telemetry::new()),
            traces: Arc::new(Traces::open(None).unwrap()),
        },
    ))
}

/// The reason with which `gate` answers a call, in front of a service that gives `status`.
async fn reason(gate: &Arc<Gate>, path: &str, status: Status) -> (Code, Option<String>) {
    let behind = service_fn(move |_: Request<Body>| {
        let response = status.clone().into_http();
        async move { Ok::<_, Infallible>(response) }
    });
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let Ok(response) = Gated::new(Arc::clone(gate), behind).oneshot(request).await;
    let status = response.extensions().get::<Status>().unwrap().clone();
    let info = status.get_details_error_info();
    (status.code(), info.map(|info| info.reason))
}

#[track_caller]
fn check(got: &(Code, Option<String>), code: Code, reason: &str) {
    assert_eq!(*got, (code, Some(reason.to_owned())));
}

#[tokio::test]
async fn closed_gate_lets_only_probes_in() {
    let gate = gate();
    gate.close();
    let got = reason(&gate, WORK, Status::ok("")).await;
    check(&got, Code::Unavailable, "SHUTTING_DOWN");
    let got = reason(&gate, PROBE, Status::ok("")).await;
    assert_eq!(got, (Code::Ok, None));
}

#[tokio::test]
async fn bare_failures_get_their_reason() {
    let gate = gate();
    let got = reason(&gate, WORK, Status::internal("invalid wire type")).await;
    check(&got, Code::InvalidArgument, "MALFORMED_MESSAGE");
    let got = reason(&gate, WORK, Status::out_of_range("5 MiB")).await;
    check(&got, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    let got = reason(&gate, WORK, Status::resource_exhausted("unpacked")).await;
    check(&got, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    let got = reason(&gate, WORK, Status::unimplemented("br")).await;
    check(&got, Code::Unimplemented, "COMPRESSION_UNSUPPORTED");
}

#[tokio::test]
async fn failures_with_a_reason_keep_it() {
    let gate = gate();
    let got = reason(&gate, WORK, Refusal::NoActiveModel.into()).await;
    check(&got, Code::FailedPrecondition, "NO_ACTIVE_MODEL");
}

#[tokio::test]
async fn probes_keep_the_codes_of_their_own_protocol() {
    let got = reason(&gate(), PROBE, Status::not_found("unknown service")).await;
    assert_eq!(got, (Code::NotFound, None));
}
