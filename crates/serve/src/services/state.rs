//! `StateService`.

use marquee_core::Seconds;
use marquee_proto::v1::{
    GetServerStateRequest, GetServerStateResponse, GetViewerStateRequest, GetViewerStateResponse,
    TrimJournalRequest, TrimJournalResponse, state_service_server::StateService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Services, deadline_of};
use crate::{clock, convert};

#[async_trait]
impl StateService for Services {
    async fn get_server_state(
        &self,
        request: Request<GetServerStateRequest>,
    ) -> Result<Response<GetServerStateResponse>, Status> {
        // Looked at first: this call waits, too.
        let (waiting_calls, quality) = (self.workers.waiting(), self.workers.quality());
        self.work(deadline_of(&request), move |this, _| {
            let holdings = this.backend.holdings();
            let (active, journal) = (this.backend.active(), this.backend.journal_state());
            Ok(GetServerStateResponse {
                server_version: env!("CARGO_PKG_VERSION").to_owned(),
                uptime: Some(convert::duration(this.started.elapsed())),
                active_model: active.map_or_else(String::new, |version| version.to_string()),
                item_count: this.backend.n_items() as u64,
                viewers_in_memory: holdings.viewers,
                viewer_bytes: holdings.viewer_bytes,
                visible_seq: holdings.visible_seq,
                waiting_calls,
                quality_percent: quality.percent(),
                journal: journal.as_ref().map(convert::journal_state),
            })
        })
        .await
    }

    async fn get_viewer_state(
        &self,
        request: Request<GetViewerStateRequest>,
    ) -> Result<Response<GetViewerStateResponse>, Status> {
        let deadline = deadline_of(&request);
        let (actor, most) = convert::viewer(request.get_ref())?;
        self.work(deadline, move |this, _| {
            let state = this.backend.viewer_state(&actor, most);
            let state = state.map_err(|error| this.refusal(&error))?;
            Ok(convert::viewer_state(state))
        })
        .await
    }

    async fn trim_journal(
        &self,
        request: Request<TrimJournalRequest>,
    ) -> Result<Response<TrimJournalResponse>, Status> {
        let deadline = deadline_of(&request);
        let keep = convert::keep(request.get_ref())?;
        let before = clock::now().plus(Seconds(-keep.as_secs_f64()));
        self.work(deadline, move |this, _| {
            let trimmed = this.backend.trim_journal(before);
            let trimmed = trimmed.map_err(|error| this.refusal(&error))?;
            Ok(TrimJournalResponse {
                dropped_events: trimmed.events,
                dropped_records: trimmed.records,
                freed_bytes: trimmed.bytes,
            })
        })
        .await
    }
}
