//! `CatalogService`.

use marquee_core::ItemId;
use marquee_engine::{Entry, Written};
use marquee_proto::v1::{
    DeleteItemRequest, DeleteItemResponse, GetItemRequest, GetItemResponse, GetUserRequest,
    GetUserResponse, Item, ListItemsRequest, ListItemsResponse, StreamItemsRequest,
    StreamItemsResponse, UpsertItemsRequest, UpsertItemsResponse, UpsertUsersRequest,
    UpsertUsersResponse, catalog_service_server::CatalogService,
};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{Services, deadline_of};
use crate::{clock, convert, page_token, refusal::Refusal};

#[async_trait]
impl CatalogService for Services {
    async fn get_item(
        &self,
        request: Request<GetItemRequest>,
    ) -> Result<Response<GetItemResponse>, Status> {
        let id = convert::item_id(request.get_ref())?;
        // Found in less time than handing it to a worker takes.
        let found = self.backend.item(id.as_str());
        let item = found.ok_or_else(|| Refusal::ItemNotFound {
            item_id: id.as_str().to_owned(),
        })?;
        Ok(Response::new(GetItemResponse {
            item: Some(convert::item(item)),
        }))
    }

    async fn list_items(
        &self,
        request: Request<ListItemsRequest>,
    ) -> Result<Response<ListItemsResponse>, Status> {
        let deadline = deadline_of(&request);
        let (after, size) = convert::page_request(request.get_ref())?;
        self.work(deadline, move |this, _| {
            let after = after.as_ref().map_or("", ItemId::as_str);
            // One more than asked for tells whether another page follows.
            let mut items = this.backend.items_after(after, size + 1);
            let more = items.len() > size;
            items.truncate(size);
            let last = items.last().filter(|_| more);
            let next_page_token = last.map(|last| page_token::write(last.id.as_str()));
            Ok(ListItemsResponse {
                next_page_token: next_page_token.unwrap_or_default(),
                items: items.into_iter().map(convert::item).collect(),
            })
        })
        .await
    }

    async fn upsert_items(
        &self,
        request: Request<UpsertItemsRequest>,
    ) -> Result<Response<UpsertItemsResponse>, Status> {
        let written = self.put_items(&request.get_ref().items).await?;
        Ok(Response::new(UpsertItemsResponse {
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }

    async fn stream_items(
        &self,
        request: Request<Streaming<StreamItemsRequest>>,
    ) -> Result<Response<StreamItemsResponse>, Status> {
        let place = self.streams.clone().try_acquire_owned();
        let _place = place.map_err(|_| Refusal::Overloaded)?;
        let (mut batches, mut closing) = (request.into_inner(), self.closing.clone());
        let mut items = 0;
        loop {
            let next = tokio::select! {
                next = batches.message() => next?,
                _ = closing.wait_for(|closing| *closing) => return Err(Refusal::ShuttingDown.into()),
            };
            let Some(batch) = next else { break };
            self.put_items(&batch.items).await?;
            items += batch.items.len() as u64;
        }
        let written = self.backend.written();
        Ok(Response::new(StreamItemsResponse {
            items,
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }

    async fn delete_item(
        &self,
        request: Request<DeleteItemRequest>,
    ) -> Result<Response<DeleteItemResponse>, Status> {
        let id = convert::one_item_id("item_id", &request.get_ref().item_id)?;
        if self.backend.item(id.as_str()).is_none() {
            let item_id = id.as_str().to_owned();
            return Err(Refusal::ItemNotFound { item_id }.into());
        }
        let written = self
            .write(vec![Entry::DeleteItem(id)], clock::now())
            .await?;
        Ok(Response::new(DeleteItemResponse {
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }

    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let id = convert::one_user_id("user_id", &request.get_ref().user_id)?;
        let user = self.backend.user(id.as_str());
        let user = user.ok_or(Refusal::UserNotFound)?;
        Ok(Response::new(GetUserResponse {
            user: Some(convert::user_to_wire(user)),
        }))
    }

    async fn upsert_users(
        &self,
        request: Request<UpsertUsersRequest>,
    ) -> Result<Response<UpsertUsersResponse>, Status> {
        let users = convert::users(&request.get_ref().users)?;
        let entries = users.into_iter().map(Entry::PutUser).collect();
        let written = self.write(entries, clock::now()).await?;
        Ok(Response::new(UpsertUsersResponse {
            durable_seq: written.durable_seq,
            visible_seq: written.visible_seq,
        }))
    }
}

impl Services {
    async fn put_items(&self, items: &[Item]) -> Result<Written, Refusal> {
        let items = convert::items(items)?;
        let entries = items.into_iter().map(Entry::PutItem).collect();
        self.write(entries, clock::now()).await
    }
}
