//! `EventService`.

use std::pin::Pin;

use marquee_core::{Actor, Timestamp};
use marquee_engine::{Entry, Outcome, Written};
use marquee_proto::v1::{
    ErasePersonRequest, ErasePersonResponse, Event, EventOutcome, EventStatus, ExportEventsRequest,
    ExportEventsResponse, PlacedStatus, SignInRequest, SignInResponse, StreamEventsRequest,
    StreamEventsResponse, WriteEventsRequest, WriteEventsResponse,
    event_service_server::EventService,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{Services, deadline_of};
use crate::{clock, convert, refusal::Refusal};

/// Batches of one stream that may wait for their acknowledgement.
const WAITING_BATCHES: usize = 64;
/// Bytes of one message of an export, about.
const EXPORT_BYTES: usize = 256 * 1024;
/// Messages of an export that may wait to be sent.
const WAITING_EXPORTS: usize = 4;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[async_trait]
impl EventService for Services {
    async fn write_events(
        &self,
        request: Request<WriteEventsRequest>,
    ) -> Result<Response<WriteEventsResponse>, Status> {
        let batch = self.checked(&request.get_ref().events)?;
        let (statuses, written) = self.settle(batch).await?;
        Ok(Response::new(WriteEventsResponse {
            statuses,
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }

    type StreamEventsStream = Answers<StreamEventsResponse>;

    async fn stream_events(
        &self,
        request: Request<Streaming<StreamEventsRequest>>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let place = self.streams.clone().try_acquire_owned();
        let place = place.map_err(|_| Refusal::Overloaded)?;
        let (answers, stream) = mpsc::channel(WAITING_BATCHES);
        let (waiting, queue) = mpsc::channel(WAITING_BATCHES);
        let (this, batches) = (self.clone(), request.into_inner());
        tokio::spawn(async move { this.read_batches(batches, waiting).await });
        let this = self.clone();
        tokio::spawn(async move { this.acknowledge(queue, answers, place).await });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn sign_in(
        &self,
        request: Request<SignInRequest>,
    ) -> Result<Response<SignInResponse>, Status> {
        let (session, user) = convert::sign_in(request.get_ref())?;
        let time = clock::now();
        let entry = Entry::SignIn {
            session,
            user,
            time,
        };
        let written = self.write(vec![entry], time).await?;
        Ok(Response::new(SignInResponse {
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }

    type ExportEventsStream = Answers<ExportEventsResponse>;

    async fn export_events(
        &self,
        request: Request<ExportEventsRequest>,
    ) -> Result<Response<Self::ExportEventsStream>, Status> {
        let actor = convert::exported(request.get_ref())?;
        let (answers, stream) = mpsc::channel(WAITING_EXPORTS);
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.export(&actor, &answers));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn erase_person(
        &self,
        request: Request<ErasePersonRequest>,
    ) -> Result<Response<ErasePersonResponse>, Status> {
        let user = convert::one_user_id("user_id", &request.get_ref().user_id)?;
        self.work(deadline_of(&request), move |this, _| {
            let erased = this.backend.erase(&user);
            let events = erased.map_err(|error| this.refusal(&error))?;
            Ok(ErasePersonResponse { events })
        })
        .await
    }
}

/// A batch whose events were looked at: those that are to be written, and a status for each of the
/// others.
struct Batch {
    /// Of every event, in order; those to be written have none yet.
    statuses: Vec<Option<EventStatus>>,
    entries: Vec<Entry>,
    now: Timestamp,
}

/// A batch of a stream on its way to the disk.
struct Waiting {
    number: u64,
    statuses: Vec<Option<EventStatus>>,
    /// None when no event of it is to be written.
    outcome: Option<oneshot::Receiver<Result<Written, Refusal>>>,
}

impl Services {
    fn checked(&self, events: &[Event]) -> Result<Batch, Refusal> {
        convert::batch_length(events)?;
        let now = clock::now();
        let border = convert::Border {
            now,
            allowed: &self.events,
        };
        let mut batch = Batch {
            statuses: Vec::with_capacity(events.len()),
            entries: Vec::with_capacity(events.len()),
            now,
        };
        for wire in events {
            let made = convert::event(wire, border).and_then(|event| self.known(event));
            batch.statuses.push(match made {
                Ok(event) => {
                    batch.entries.push(Entry::Event(event));
                    None
                }
                Err(violation) => Some(EventStatus {
                    outcome: EventOutcome::Refused.into(),
                    field: violation.field,
                    problem: violation.problem,
                }),
            });
        }
        Ok(batch)
    }

    /// Refuses an event of an item that nobody knows, where the operator wants that.
    fn known(
        &self,
        event: marquee_core::Event,
    ) -> Result<marquee_core::Event, crate::refusal::Violation> {
        use crate::config::UnknownItems;
        let is_unknown = |item: &marquee_core::ItemId| !self.backend.knows_item(item.as_str());
        match (self.events.unknown_items, event.action.item()) {
            (UnknownItems::Refuse, Some(item)) if is_unknown(item) => {
                Err(crate::refusal::Violation {
                    field: format!("{}.item_id", event.action.kind().name()),
                    problem: "expected an item of the catalog or the active model".to_owned(),
                })
            }
            _ => Ok(event),
        }
    }

    /// Hands `entries` to the journal; the receiver gets what became of them.
    ///
    /// # Errors
    ///
    /// When the journal takes nothing now.
    fn submit(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<oneshot::Receiver<Result<Written, Refusal>>, Refusal> {
        let (told, outcome) = oneshot::channel();
        let this = self.clone();
        let done = Box::new(
            move |written: Result<Written, marquee_engine::EngineError>| {
                // A caller that went away is not told; the events are written all the same.
                let _ = told.send(written.map_err(|error| this.refusal(&error)));
            },
        );
        let submitted = self.backend.submit(entries, now, done);
        submitted.map_err(|error| self.refusal(&error))?;
        Ok(outcome)
    }

    /// Writes `entries` and waits until they are on disk and known to answers.
    pub(super) async fn write(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Written, Refusal> {
        let outcome = self.submit(entries, now)?;
        outcome.await.unwrap_or(Err(Refusal::ShuttingDown))
    }

    async fn settle(&self, batch: Batch) -> Result<(Vec<EventStatus>, Written), Refusal> {
        let written = if batch.entries.is_empty() {
            self.backend.written()
        } else {
            self.write(batch.entries, batch.now).await?
        };
        Ok((self.statuses(batch.statuses, &written.outcomes), written))
    }

    /// Reads the batches of a stream and hands them to the journal, until the stream ends or the
    /// server shuts down.
    async fn read_batches(
        self,
        mut batches: Streaming<StreamEventsRequest>,
        waiting: mpsc::Sender<Result<Waiting, Status>>,
    ) {
        let mut closing = self.closing.clone();
        loop {
            let next = tokio::select! {
                next = batches.message() => next,
                _ = closing.wait_for(|closing| *closing) => Err(Refusal::ShuttingDown.into()),
            };
            let next = match next {
                Ok(Some(request)) => self.take(request).await.map_err(Status::from),
                Ok(None) => return,
                Err(status) => Err(status),
            };
            let failed = next.is_err();
            // Waits while the client's batches are ahead of the disk: it sends no more meanwhile.
            if waiting.send(next).await.is_err() || failed {
                return;
            }
        }
    }

    async fn take(&self, request: StreamEventsRequest) -> Result<Waiting, Refusal> {
        let batch = self.checked(&request.events)?;
        let outcome = match batch.entries.is_empty() {
            true => None,
            false => Some(self.submit_in_turn(batch.entries, batch.now).await?),
        };
        Ok(Waiting {
            number: request.batch,
            statuses: batch.statuses,
            outcome,
        })
    }

    /// As [`submit`](Self::submit), but waits while the journal's queue is full: a stream has its own
    /// brake.
    async fn submit_in_turn(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<oneshot::Receiver<Result<Written, Refusal>>, Refusal> {
        loop {
            match self.submit(entries.clone(), now) {
                Err(Refusal::Overloaded) => {
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                settled => return settled,
            }
        }
    }

    /// Answers each batch of a stream when it is on disk, in the order in which they came.
    async fn acknowledge(
        self,
        mut queue: mpsc::Receiver<Result<Waiting, Status>>,
        answers: mpsc::Sender<Result<StreamEventsResponse, Status>>,
        _place: OwnedSemaphorePermit,
    ) {
        while let Some(waiting) = queue.recv().await {
            let answer = match waiting {
                Ok(waiting) => self.acknowledgement(waiting).await.map_err(Status::from),
                Err(status) => Err(status),
            };
            let failed = answer.is_err();
            if answers.send(answer).await.is_err() || failed {
                return;
            }
        }
    }

    async fn acknowledgement(&self, waiting: Waiting) -> Result<StreamEventsResponse, Refusal> {
        let written = match waiting.outcome {
            None => self.backend.written(),
            Some(outcome) => outcome.await.unwrap_or(Err(Refusal::ShuttingDown))?,
        };
        let statuses = self.statuses(waiting.statuses, &written.outcomes);
        let is_written = |status: &EventStatus| status.outcome() == EventOutcome::Written;
        let count = statuses.iter().filter(|status| is_written(status)).count();
        let others = (0..)
            .zip(statuses)
            .filter(|(_, status)| !is_written(status));
        Ok(StreamEventsResponse {
            batch: waiting.number,
            exceptions: others
                .map(|(index, status)| PlacedStatus {
                    index,
                    status: Some(status),
                })
                .collect(),
            written: u32::try_from(count).unwrap_or(u32::MAX),
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        })
    }

    /// As [`statuses`], and counts them.
    fn statuses(
        &self,
        looked_at: Vec<Option<EventStatus>>,
        outcomes: &[Outcome],
    ) -> Vec<EventStatus> {
        let statuses = statuses(looked_at, outcomes);
        for (outcome, name) in [
            (EventOutcome::Written, "written"),
            (EventOutcome::Duplicate, "duplicate"),
            (EventOutcome::Refused, "refused"),
        ] {
            let count = statuses.iter().filter(|one| one.outcome() == outcome);
            self.telemetry.events(name, count.count() as u64);
        }
        statuses
    }

    /// Sends the events of `actor` as lines, until they end or nobody listens.
    fn export(&self, actor: &Actor, answers: &mpsc::Sender<Result<ExportEventsResponse, Status>>) {
        let mut lines = String::new();
        let send = |lines: String| answers.blocking_send(Ok(ExportEventsResponse { lines }));
        let exported = self.backend.export(actor, &mut |line| {
            lines.push_str(line);
            lines.push('\n');
            lines.len() < EXPORT_BYTES || send(std::mem::take(&mut lines)).is_ok()
        });
        match exported {
            Ok(()) if lines.is_empty() => {}
            // A failed send means that nobody listens any more.
            Ok(()) => drop(send(lines)),
            Err(error) => {
                let status = Status::from(self.refusal(&error));
                let _ = answers.blocking_send(Err(status));
            }
        }
    }
}

/// A status for every event: those that were refused have theirs, the others get what the journal
/// says, in order.
fn statuses(looked_at: Vec<Option<EventStatus>>, outcomes: &[Outcome]) -> Vec<EventStatus> {
    let mut outcomes = outcomes.iter();
    let settled = looked_at.into_iter().map(|status| {
        status.unwrap_or_else(|| EventStatus {
            outcome: match outcomes.next() {
                Some(Outcome::Written { .. }) => EventOutcome::Written.into(),
                Some(Outcome::Duplicate { .. }) => EventOutcome::Duplicate.into(),
                None => EventOutcome::Unspecified.into(),
            },
            ..EventStatus::default()
        })
    });
    settled.collect()
}
