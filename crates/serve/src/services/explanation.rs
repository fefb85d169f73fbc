//! `ExplanationService`.

use marquee_proto::v1::{
    GetTasteProfileRequest, GetTasteProfileResponse, explanation_service_server::ExplanationService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Services, deadline_of};
use crate::{clock, convert};

#[async_trait]
impl ExplanationService for Services {
    async fn get_taste_profile(
        &self,
        request: Request<GetTasteProfileRequest>,
    ) -> Result<Response<GetTasteProfileResponse>, Status> {
        let deadline = deadline_of(&request);
        let (actor, most) = convert::whose(request.get_ref())?;
        let now = clock::now();
        self.work(deadline, move |this, _| {
            let taste = this.backend.taste(&actor, now, most);
            let taste = taste.map_err(|error| this.refusal(&error))?;
            Ok(convert::taste(taste))
        })
        .await
    }
}
