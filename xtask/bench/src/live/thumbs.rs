//! How far a thumb down moves what is like the title, and whether taking it back undoes that.

use std::collections::HashMap;

use anyhow::Result;
use clap::Parser;
use marquee_proto::v1::{
    self, RankedItem, RecommendRequest, WriteEventsRequest, event::Action,
    event_service_client::EventServiceClient, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
};
use tonic::transport::{Channel, Endpoint};

use crate::Args;

/// How many viewers are asked.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Viewers
    #[arg(long, default_value_t = 200)]
    viewers: usize,
    /// Length of the lists
    #[arg(short, default_value_t = 100)]
    k: u32,
}

/// Places that titles moved down, by how alike their genres are to those of the unwanted title.
#[derive(Default)]
struct Moves {
    places: f64,
    titles: usize,
}

/// Gives the lines of a table.
///
/// # Errors
///
/// When the server fails.
pub(crate) async fn run(
    args: &Args,
    options: &Options,
    viewers: Vec<String>,
) -> Result<Vec<String>> {
    let channel = Endpoint::from_shared(args.server.clone())?
        .connect()
        .await?;
    let mut moves: [Moves; 4] = Default::default();
    let (mut restored, mut asked) = (0, 0);
    for (number, viewer) in viewers.iter().take(options.viewers).enumerate() {
        let before = list(&channel, viewer, options.k).await?;
        let Some(unwanted) = before.first() else {
            continue;
        };
        let id = format!("{}-{number}", args.run);
        let down = Action::Thumb(v1::Thumb {
            item_id: unwanted.item_id.clone(),
            direction: v1::ThumbDirection::Down.into(),
        });
        write(&channel, viewer, &id, down).await?;
        let after = list(&channel, viewer, options.k).await?;
        note(&mut moves, unwanted, &before, &after);
        let undo = Action::Retract(v1::Retract {
            event_id: id.clone(),
        });
        write(&channel, viewer, &format!("{id}-undo"), undo).await?;
        restored += usize::from(list(&channel, viewer, options.k).await? == before);
        asked += 1;
    }
    let mut lines = vec![
        "| genres shared with the unwanted title | titles | places further down |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    let names = ["none", "less than half", "half and more", "all"];
    for (name, moves) in names.into_iter().zip(&moves) {
        let mean = moves.places / moves.titles.max(1) as f64;
        lines.push(format!("| {name} | {} | {mean:+.2} |", moves.titles));
    }
    lines.push(format!(
        "\nafter taking it back {restored} of {asked} answers were what they had been, to the bit"
    ));
    Ok(lines)
}

/// Adds how far each title of both lists moved; who left the list moved to its end at the least.
fn note(
    moves: &mut [Moves; 4],
    unwanted: &RankedItem,
    before: &[RankedItem],
    after: &[RankedItem],
) {
    let places: HashMap<&str, usize> = after
        .iter()
        .enumerate()
        .map(|(place, item)| (item.item_id.as_str(), place))
        .collect();
    for (place, item) in before.iter().enumerate().skip(1) {
        let now = places.get(item.item_id.as_str()).copied();
        let now = now.unwrap_or(after.len());
        let moves = &mut moves[share_of_genres(&unwanted.genres, &item.genres)];
        // One title is gone from above all others.
        moves.places += now as f64 - (place as f64 - 1.0);
        moves.titles += 1;
    }
}

/// Which row of the table: by the share of genres that both have among those that either has.
fn share_of_genres(left: &[String], right: &[String]) -> usize {
    let shared = left.iter().filter(|genre| right.contains(genre)).count();
    let either = left.len() + right.len() - shared;
    match (shared, either) {
        (0, _) => 0,
        _ if shared == either => 3,
        _ if 2 * shared >= either => 2,
        _ => 1,
    }
}

async fn list(channel: &Channel, viewer: &str, k: u32) -> Result<Vec<RankedItem>> {
    let request = RecommendRequest {
        viewer: Some(Viewer::UserId(viewer.to_owned())),
        k,
        ..RecommendRequest::default()
    };
    let mut client = RecommendationServiceClient::new(channel.clone());
    Ok(client.recommend(request).await?.into_inner().items)
}

async fn write(channel: &Channel, viewer: &str, id: &str, action: Action) -> Result<()> {
    let event = v1::Event {
        event_id: id.to_owned(),
        user_id: viewer.to_owned(),
        action: Some(action),
        ..v1::Event::default()
    };
    let events = vec![event];
    let mut client = EventServiceClient::new(channel.clone());
    client.write_events(WriteEventsRequest { events }).await?;
    Ok(())
}
