//! `ModelService`.

use std::sync::PoisonError;

use marquee_engine::EngineError;
use marquee_proto::v1::{
    GetValueModelRequest, GetValueModelResponse, ListModelsRequest, ListModelsResponse, Model,
    PromoteModelRequest, PromoteModelResponse, PutValueModelRequest, PutValueModelResponse,
    RollBackModelRequest, RollBackModelResponse, model_service_server::ModelService,
};
use marquee_store::ModelVersion;
use tonic::{Request, Response, Status, async_trait};

use super::{Services, deadline_of};
use crate::{
    convert,
    health::Models,
    refusal::{Refusal, Violation},
};

#[async_trait]
impl ModelService for Services {
    async fn list_models(
        &self,
        request: Request<ListModelsRequest>,
    ) -> Result<Response<ListModelsResponse>, Status> {
        self.work(deadline_of(&request), |this, _| {
            let models = this.backend.models();
            let models = models.map_err(|error| this.refusal(&error))?;
            let models = models.into_iter().map(|model| Model {
                version: model.version.to_string(),
                active: model.active,
            });
            Ok(ListModelsResponse {
                models: models.collect(),
            })
        })
        .await
    }

    async fn promote_model(
        &self,
        request: Request<PromoteModelRequest>,
    ) -> Result<Response<PromoteModelResponse>, Status> {
        let deadline = deadline_of(&request);
        let version = convert::version("version", &request.get_ref().version)?;
        let expected = convert::expected(&request.get_ref().expected_active)?;
        let promoted = self.work(deadline, move |this, _| {
            let previous = this.change(expected.as_ref(), || {
                this.backend
                    .promote(&version)
                    .map_err(|error| this.not_promoted(&error))
            })?;
            Ok(PromoteModelResponse {
                active_version: version.to_string(),
                previous_version: previous.0,
            })
        });
        let promoted = promoted.await?;
        self.health.models(Models::Active).await;
        Ok(promoted)
    }

    async fn roll_back_model(
        &self,
        request: Request<RollBackModelRequest>,
    ) -> Result<Response<RollBackModelResponse>, Status> {
        let deadline = deadline_of(&request);
        let expected = convert::expected(&request.get_ref().expected_active)?;
        self.work(deadline, move |this, _| {
            let (previous_version, active) = this.change(expected.as_ref(), || {
                this.backend
                    .roll_back()
                    .map_err(|error| this.refusal(&error))
            })?;
            Ok(RollBackModelResponse {
                active_version: active.to_string(),
                previous_version,
            })
        })
        .await
    }

    async fn get_value_model(
        &self,
        request: Request<GetValueModelRequest>,
    ) -> Result<Response<GetValueModelResponse>, Status> {
        self.work(deadline_of(&request), |this, _| {
            let text = this.backend.value_model();
            let text = text.map_err(|error| this.refusal(&error))?;
            Ok(GetValueModelResponse { text })
        })
        .await
    }

    async fn put_value_model(
        &self,
        request: Request<PutValueModelRequest>,
    ) -> Result<Response<PutValueModelResponse>, Status> {
        let deadline = deadline_of(&request);
        let text = convert::value_model(request.into_inner())?;
        self.work(deadline, move |this, _| {
            let put = this.backend.put_value_model(text.as_deref());
            put.map_err(|error| this.refusal(&error))?;
            Ok(PutValueModelResponse {})
        })
        .await
    }
}

impl Services {
    /// Why a version does not answer; a worth of outcomes that does not fit it is told of the version.
    fn not_promoted(&self, error: &EngineError) -> Refusal {
        match error {
            EngineError::Value(fault) => {
                let problem = format!("what outcomes are worth does not fit it: {fault}");
                Refusal::InvalidFields(vec![Violation::new("version".to_owned(), problem)])
            }
            other => self.refusal(other),
        }
    }

    /// Does `change` unless another version is active than `expected`; gives the version that was
    /// active before it, empty for none, and what `change` gives.
    fn change<T>(
        &self,
        expected: Option<&ModelVersion>,
        change: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<(String, T), Refusal> {
        // A panic while it was held left nothing of ours half done.
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.backend.active();
        let active = before.as_ref().map(ModelVersion::to_string);
        let active = active.unwrap_or_default();
        if expected.is_some() && expected != before.as_ref() {
            return Err(Refusal::ActiveModelChanged { active });
        }
        Ok((active, change()?))
    }
}
