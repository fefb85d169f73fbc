//! What every call passes before and after it does its work: who calls, whether there is room, until
//! when it may run, what is told when it fails, and one line of log.
//!
//! Nothing about a viewer is logged: the line has the call, the name of the key, the outcome and the
//! time.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::{Code, Status, body::Body};
use tower::Service;

use crate::{
    access::{Caller, Keys},
    calls::{self, Call, Weight},
    config::ServeConfig,
    deadline::Deadline,
    refusal::Refusal,
    telemetry::Telemetry,
    traces::Traces,
    workers::Workers,
};

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Gate {
    keys: Keys,
    room: Arc<Semaphore>,
    workers: Workers,
    longest_call: Duration,
    message_bytes: usize,
    watching: Watching,
    /// Becomes true when only probes are let in any more.
    closing: watch::Sender<bool>,
}

/// Where calls are told of.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) traces: Arc<Traces>,
}

/// A call that was let in.
struct Admitted {
    caller: Caller,
    /// None for probes and streams, which may last.
    deadline: Option<Deadline>,
    /// Given back when the call is over.
    _room: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(
        config: &ServeConfig,
        keys: Keys,
        workers: Workers,
        watching: Watching,
    ) -> Self {
        Self {
            watching,
            workers,
            keys,
            room: Arc::new(Semaphore::new(config.limits.calls)),
            longest_call: config.times.call(),
            message_bytes: config.limits.message_bytes,
            closing: watch::Sender::new(false),
        }
    }

    /// From here on only probes are let in.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells when [`close`](Self::close) was called.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    fn admit(&self, call: &Call, request: &Request<Body>, arrived: Instant) -> Admission {
        let headers = request.headers();
        let caller = self.keys.admit(call, headers)?;
        if call.weight == Weight::Probe {
            return Ok(Admitted {
                caller,
                deadline: None,
                _room: None,
            });
        }
        if *self.closing.borrow() {
            return Err(Refusal::ShuttingDown);
        }
        if call.weight == Weight::Stream {
            return Ok(Admitted {
                caller,
                deadline: None,
                _room: None,
            });
        }
        // Known before its message is read, which costs more than all that happened so far.
        if self.workers.is_full() {
            return Err(Refusal::Overloaded);
        }
        let deadline = Deadline::of(headers, arrived, self.longest_call)?;
        let room = Arc::clone(&self.room);
        let room = room.try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok(Admitted {
            caller,
            deadline: Some(deadline),
            _room: Some(room),
        })
    }

    /// Lets one call through to `inner`, or not.
    async fn pass<S>(&self, mut request: Request<Body>, mut inner: S) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let arrived = Instant::now();
        let call = calls::find(request.uri().path());
        let admission = match call {
            Some(call) => self.admit(call, &request, arrived),
            None => Err(Refusal::MethodUnknown),
        };
        let admitted = match admission {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let response = Status::from(refusal).into_http();
                self.note(call, &Caller::Anyone, &response, arrived);
                return response;
            }
        };
        if let Some(deadline) = admitted.deadline {
            request.extensions_mut().insert(deadline);
        }
        let begin = |call: &Call| {
            let traces = &self.watching.traces;
            traces.begin(call.path, request.headers(), arrived)
        };
        let trace = call
            .filter(|call| call.weight == Weight::Work)
            .and_then(begin);
        if let Some(trace) = &trace {
            request.extensions_mut().insert(trace.clone());
        }
        let answered = async {
            let Ok(response) = inner.call(request).await;
            response
        };
        let response = match admitted.deadline {
            None => answered.await,
            Some(deadline) => tokio::time::timeout_at(deadline.instant(), answered)
                .await
                .unwrap_or_else(|_| Status::from(Refusal::OutOfTime).into_http()),
        };
        let response = self.documented(call, response);
        if let Some(trace) = trace {
            trace.end(code_of(&response));
        }
        self.note(call, &admitted.caller, &response, arrived);
        response
    }

    /// One line of log, and one count.
    fn note(
        &self,
        call: Option<&Call>,
        caller: &Caller,
        response: &Response<Body>,
        arrived: Instant,
    ) {
        let code = code_of(response);
        let took = arrived.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let call = call.map_or("unknown", |call| call.path);
        tracing::info!(call, caller = caller.name(), ?code, micros, "call");
        let name = call.rsplit('/').next().unwrap_or(call);
        self.watching
            .telemetry
            .call(name, &format!("{code:?}"), took);
    }

    /// Gives failures that come from below the services, where no reason is known, their reason.
    fn documented(&self, call: Option<&Call>, response: Response<Body>) -> Response<Body> {
        let is_work = call.is_some_and(|call| call.weight != Weight::Probe);
        let status = response.extensions().get::<Status>();
        let bare = status.filter(|status| is_work && status.details().is_empty());
        let refusal = match bare.map(Status::code) {
            // The message has more bytes than the limit, as it is or decompressed.
            Some(Code::OutOfRange | Code::ResourceExhausted) => Refusal::MessageTooLarge {
                limit_bytes: self.message_bytes,
            },
            Some(Code::Unimplemented) => Refusal::CompressionUnsupported,
            // The services give reasons with their own failures, so the message was not read.
            Some(_) => Refusal::MalformedMessage,
            None => return response,
        };
        Status::from(refusal).into_http()
    }
}

fn code_of(response: &Response<Body>) -> Code {
    let status = response.extensions().get::<Status>();
    status.map_or(Code::Ok, Status::code)
}

type Admission = Result<Admitted, Refusal>;

/// A service behind the gate.
#[derive(Debug, Clone)]
pub(crate) struct Gated<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Gated<S> {
    pub(crate) fn new(gate: Arc<Gate>, inner: S) -> Self {
        Self { gate, inner }
    }
}

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let gate = Arc::clone(&self.gate);
        // The clone may not be ready; the one that was asked is.
        let fresh = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move { Ok(gate.pass(request, ready).await) })
    }
}

#[cfg(test)]
mod tests;
