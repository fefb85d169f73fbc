//! What is known of a viewer's taste.

use marquee_core::Actor;
use marquee_engine::{CreatorTie, Taste, TasteShare};
use marquee_proto::v1::{self, get_taste_profile_request::Viewer as Wire};

use super::{
    DEFAULT_K, Fields, MAX_K,
    catalog::timestamp,
    state::{Given, actor},
};
use crate::refusal::Refusal;

/// Whose taste, and how many traits of each sort.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn whose(request: &v1::GetTasteProfileRequest) -> Result<(Actor, usize), Refusal> {
    let mut fields = Fields::default();
    let given = request.viewer.as_ref().map(|viewer| match viewer {
        Wire::UserId(id) => Given::User(id),
        Wire::SessionId(id) => Given::Session(id),
    });
    let actor = actor(&mut fields, given);
    let most = fields.length("k", request.k, (DEFAULT_K, MAX_K));
    fields.finish(actor.map(|actor| (actor, most)))
}

/// A taste on the wire.
pub(crate) fn taste(taste: Taste) -> v1::GetTasteProfileResponse {
    let profile = taste.profile;
    let shares = |tastes: Vec<TasteShare>| tastes.into_iter().map(share).collect();
    v1::GetTasteProfileResponse {
        event_count: profile.events,
        against_count: profile.against,
        first_time: profile.first.map(timestamp),
        last_time: profile.last.map(timestamp),
        genres: shares(profile.genres),
        tags: shares(profile.tags),
        creators: shares(profile.creators),
        languages: shares(profile.languages),
        kinds: shares(profile.kinds),
        lengths: shares(profile.lengths),
        hours: shares(profile.hours),
        ties: taste.ties.into_iter().map(tie).collect(),
    }
}

fn share(taste: TasteShare) -> v1::TasteShare {
    v1::TasteShare {
        name: taste.name,
        count: taste.count,
        against_count: taste.against,
        share: taste.share,
    }
}

fn tie(one: CreatorTie) -> v1::CreatorTie {
    let part = |part: &marquee_engine::TiePart| v1::TiePart {
        kind: part.kind.to_owned(),
        count: part.count,
        points: part.points,
    };
    v1::CreatorTie {
        strength: one.tie.strength,
        parts: one.tie.parts.iter().map(part).collect(),
        creator_id: one.creator,
    }
}
