//! What a ranker goes by: a viewer's taste, and what outcomes are worth.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use marquee_proto::v1::{
    GetTasteProfileRequest, GetTasteProfileResponse, GetValueModelRequest, PutValueModelRequest,
    TasteShare, explanation_service_client::ExplanationServiceClient,
    get_taste_profile_request::Viewer, model_service_client::ModelServiceClient,
};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::{Args, refused, show, wrap};
use crate::output;

#[derive(Debug, ClapArgs)]
pub(super) struct Whose {
    /// The user, or with --session the visit
    id: String,
    /// The id is that of a visit
    #[arg(long)]
    session: bool,
    /// How many traits of each sort
    #[arg(short, value_name = "N", default_value_t = 5)]
    k: u32,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Worth {
    /// Put the text of this file in its place
    #[arg(long, value_name = "FILE", conflicts_with = "reset")]
    set: Option<PathBuf>,
    /// Go back to the text that stands where operators say nothing
    #[arg(long)]
    reset: bool,
}

pub(super) async fn taste(args: &Args, whose: &Whose, channel: Channel) -> Result<()> {
    let viewer = match whose.session {
        true => Viewer::SessionId(whose.id.clone()),
        false => Viewer::UserId(whose.id.clone()),
    };
    let request = GetTasteProfileRequest {
        viewer: Some(viewer),
        k: whose.k,
    };
    let mut client = ExplanationServiceClient::new(channel);
    let got = client.get_taste_profile(wrap(args, request)?).await;
    let got = got.map_err(|status| refused(&status))?.into_inner();
    if args.json {
        return output::json(&as_json(&got));
    }
    show::fields(&as_json(&got), 0)
}

pub(super) async fn value(args: &Args, worth: &Worth, channel: Channel) -> Result<()> {
    let mut client = ModelServiceClient::new(channel);
    let text = match &worth.set {
        Some(path) => {
            let text = fs::read_to_string(path);
            Some(text.with_context(|| format!("{}", path.display()))?)
        }
        None => worth.reset.then(String::new),
    };
    if let Some(text) = text {
        let put = client.put_value_model(wrap(args, PutValueModelRequest { text })?);
        put.await.map_err(|status| refused(&status))?;
    }
    let got = client.get_value_model(wrap(args, GetValueModelRequest {})?);
    let got = got.await.map_err(|status| refused(&status))?.into_inner();
    if args.json {
        return output::json(&json!({ "text": got.text }));
    }
    output::line(got.text.trim_end())
}

fn as_json(profile: &GetTasteProfileResponse) -> Value {
    let moment = |time: &Option<prost_types::Timestamp>| time.as_ref().map(ToString::to_string);
    let ties = profile.ties.iter().map(|tie| {
        let parts = tie.parts.iter();
        let parts = parts.map(|part| format!("{} x{} {:+.3}", part.kind, part.count, part.points));
        json!({
            "creator_id": tie.creator_id,
            "strength": tie.strength,
            "parts": parts.collect::<Vec<_>>().join(", "),
        })
    });
    json!({
        "events": profile.event_count,
        "against": profile.against_count,
        "first": moment(&profile.first_time),
        "last": moment(&profile.last_time),
        "genres": shares(&profile.genres),
        "tags": shares(&profile.tags),
        "creators": shares(&profile.creators),
        "languages": shares(&profile.languages),
        "kinds": shares(&profile.kinds),
        "lengths": shares(&profile.lengths),
        "hours": shares(&profile.hours),
        "ties": ties.collect::<Vec<_>>(),
    })
}

fn shares(shares: &[TasteShare]) -> Value {
    let told = |one: &TasteShare| {
        json!({
            "name": one.name,
            "share": one.share,
            "for": one.count,
            "against": one.against_count,
        })
    };
    shares.iter().map(told).collect()
}
