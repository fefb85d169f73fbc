//! `RecommendationService`.

use std::time::Instant;

use marquee_proto::v1::{
    ContinueWatchingRequest, ContinueWatchingResponse, RankRequest, RankResponse, RecommendRequest,
    RecommendResponse, SimilarItemsRequest, SimilarItemsResponse,
    recommendation_service_server::RecommendationService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Services, answered::Answered, deadline_of, trace_of};
use crate::{clock, convert};

#[async_trait]
impl RecommendationService for Services {
    async fn recommend(
        &self,
        request: Request<RecommendRequest>,
    ) -> Result<Response<RecommendResponse>, Status> {
        let deadline = deadline_of(&request);
        let converted = convert::recommend(request.get_ref(), clock::now())?;
        let has_id = !request.get_ref().request_id.is_empty();
        let key = has_id.then(|| Answered::key(request.get_ref()));
        if let Some(answer) = key.and_then(|key| self.answered.get(&key)) {
            return Ok(Response::new(answer));
        }
        let trace = trace_of(&request);
        let answer = self.work(deadline, move |this, may| {
            let began = Instant::now();
            let answer = this.backend.recommend(&converted, may);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            this.tell(&answer, trace, began);
            Ok(convert::recommend_response(answer, &converted))
        });
        let answer = answer.await?;
        if let Some(key) = key {
            return Ok(Response::new(self.answered.keep(key, answer.into_inner())));
        }
        Ok(answer)
    }

    async fn rank(&self, request: Request<RankRequest>) -> Result<Response<RankResponse>, Status> {
        let deadline = deadline_of(&request);
        let trace = trace_of(&request);
        let request = convert::rank(request.get_ref(), clock::now())?;
        self.work(deadline, move |this, may| {
            let began = Instant::now();
            let answer = this.backend.rank(&request, may);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            this.tell(&answer, trace, began);
            Ok(convert::rank_response(answer))
        })
        .await
    }

    async fn continue_watching(
        &self,
        request: Request<ContinueWatchingRequest>,
    ) -> Result<Response<ContinueWatchingResponse>, Status> {
        let deadline = deadline_of(&request);
        let (actor, k) = convert::continue_watching(request.get_ref())?;
        let now = clock::now();
        self.work(deadline, move |this, _| {
            let items = this.backend.continue_watching(&actor, k, now);
            let items = items.map_err(|error| this.refusal(&error))?;
            Ok(ContinueWatchingResponse {
                items: items.iter().map(convert::continue_item).collect(),
            })
        })
        .await
    }

    async fn similar_items(
        &self,
        request: Request<SimilarItemsRequest>,
    ) -> Result<Response<SimilarItemsResponse>, Status> {
        let deadline = deadline_of(&request);
        let trace = trace_of(&request);
        let request = convert::similar(request.get_ref(), clock::now())?;
        self.work(deadline, move |this, may| {
            let began = Instant::now();
            let answer = this.backend.similar_items(&request, may);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            this.tell(&answer, trace, began);
            Ok(convert::similar_response(answer))
        })
        .await
    }
}
