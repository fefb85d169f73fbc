//! `CatalogService`.

use marquee_core::ItemId;
use marquee_proto::v1::{
    GetItemRequest, GetItemResponse, ListItemsRequest, ListItemsResponse,
    catalog_service_server::CatalogService,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Services, deadline_of};
use crate::{convert, page_token, refusal::Refusal};

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
}
