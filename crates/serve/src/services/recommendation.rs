//! `RecommendationService`.

use marquee_proto::v1::{
    RankRequest, RankResponse, RecommendRequest, RecommendResponse, SimilarItemsRequest,
    SimilarItemsResponse, recommendation_service_server::RecommendationService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Services, deadline_of};
use crate::{clock, convert};

#[async_trait]
impl RecommendationService for Services {
    async fn recommend(
        &self,
        request: Request<RecommendRequest>,
    ) -> Result<Response<RecommendResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = convert::recommend(request.get_ref(), clock::now())?;
        self.work(deadline, move |this, limit| {
            let answer = this.backend.recommend(&request, limit);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            Ok(convert::recommend_response(answer))
        })
        .await
    }

    async fn rank(&self, request: Request<RankRequest>) -> Result<Response<RankResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = convert::rank(request.get_ref(), clock::now())?;
        self.work(deadline, move |this, limit| {
            let answer = this.backend.rank(&request, limit);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            Ok(convert::rank_response(answer))
        })
        .await
    }

    async fn similar_items(
        &self,
        request: Request<SimilarItemsRequest>,
    ) -> Result<Response<SimilarItemsResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = convert::similar(request.get_ref(), clock::now())?;
        self.work(deadline, move |this, limit| {
            let answer = this.backend.similar_items(&request, limit);
            let answer = answer.map_err(|error| this.refusal(&error))?;
            Ok(convert::similar_response(answer))
        })
        .await
    }
}
