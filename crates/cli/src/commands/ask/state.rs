//! What operators ask of a server: what it holds, what it knows of a viewer, and to drop old events.

use anyhow::Result;
use clap::Subcommand;
use marquee_proto::v1::{
    GetServerStateRequest, GetServerStateResponse, GetViewerStateRequest, GetViewerStateResponse,
    TrimJournalRequest, get_viewer_state_request::Viewer, state_service_client::StateServiceClient,
};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::{Args, refused, show, wrap};
use crate::output;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

#[derive(Debug, Subcommand)]
pub(super) enum Matter {
    /// What the server holds now, and how busy it is
    Server,
    /// What the next answer to a viewer stands on
    Viewer {
        /// The user, or with --session the visit
        id: String,
        /// The id is that of a visit
        #[arg(long)]
        session: bool,
        /// How many of the latest deeds
        #[arg(short, value_name = "N", default_value_t = 10)]
        k: u32,
    },
    /// Drop old events from the journal
    Trim {
        /// Keep events of this many days
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        keep_days: u16,
    },
}

pub(super) async fn ask(args: &Args, matter: &Matter, channel: Channel) -> Result<()> {
    let mut client = StateServiceClient::new(channel);
    match matter {
        Matter::Server => {
            let request = wrap(args, GetServerStateRequest {})?;
            let got = client.get_server_state(request).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            tell(args, &server(&got))
        }
        Matter::Viewer { id, session, k } => {
            let viewer = match session {
                true => Viewer::SessionId(id.clone()),
                false => Viewer::UserId(id.clone()),
            };
            let viewer = Some(viewer);
            let request = wrap(args, GetViewerStateRequest { viewer, k: *k })?;
            let got = client.get_viewer_state(request).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            tell(args, &self::viewer(&got))
        }
        Matter::Trim { keep_days } => {
            let keep = prost_types::Duration {
                seconds: DAY_S * i64::from(*keep_days),
                nanos: 0,
            };
            let request = wrap(args, TrimJournalRequest { keep: Some(keep) })?;
            let got = client.trim_journal(request).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            let told = json!({
                "dropped_events": got.dropped_events,
                "dropped_records": got.dropped_records,
                "freed_bytes": got.freed_bytes,
            });
            tell(args, &told)
        }
    }
}

fn tell(args: &Args, told: &Value) -> Result<()> {
    if args.json {
        return output::json(told);
    }
    show::fields(told, 0)
}

fn server(state: &GetServerStateResponse) -> Value {
    let journal = state.journal.as_ref().map(|journal| {
        json!({
            "first_seq": journal.first_seq,
            "durable_seq": journal.durable_seq,
            "entries": journal.entries,
            "events": journal.events,
            "segments": journal.segments,
            "log_bytes": journal.log_bytes,
            "index_memory_bytes": journal.index_memory_bytes,
            "earliest": journal.earliest.as_ref().map(ToString::to_string),
        })
    });
    json!({
        "server_version": state.server_version,
        "uptime_s": state.uptime.as_ref().map(|uptime| uptime.seconds),
        "active_model": state.active_model,
        "item_count": state.item_count,
        "viewers_in_memory": state.viewers_in_memory,
        "viewer_bytes": state.viewer_bytes,
        "visible_seq": state.visible_seq,
        "waiting_calls": state.waiting_calls,
        "quality_percent": state.quality_percent,
        "journal": journal,
    })
}

fn viewer(state: &GetViewerStateResponse) -> Value {
    let deeds = state.deeds.iter().map(|deed| {
        json!({
            "seq": deed.seq,
            "time": deed.time.as_ref().map(ToString::to_string),
            "kind": deed.kind,
            "item_id": deed.item_id,
            "value": deed.value,
            "retracted": deed.retracted,
        })
    });
    json!({
        "user_id": state.user_id,
        "session_ids": state.session_ids,
        "trained_item_count": state.trained_item_count,
        "history_item_count": state.history_item_count,
        "opposed_item_ids": state.opposed_item_ids,
        "deed_count": state.deed_count,
        "deeds": deeds.collect::<Value>(),
    })
}
