//! The messages, clients and servers of the package `marquee.v1`.
//!
//! `cargo xtask codegen` makes [`v1`] and [`FILE_DESCRIPTOR_SET`] from `proto/`; both are committed,
//! so that a build needs no `protoc`. What the messages mean, their limits, status codes and when to
//! retry stand in the protos, whose comments are the documentation here.
//!
//! ```
//! use marquee_proto::v1::{RecommendRequest, recommend_request::Viewer};
//!
//! let request = RecommendRequest {
//!     viewer: Some(Viewer::UserId("u1".to_owned())),
//!     k: 10,
//!     ..RecommendRequest::default()
//! };
//! assert_eq!(request.k, 10);
//! ```

/// The package `marquee.v1`.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::missing_errors_doc,
    clippy::too_many_lines,
    reason = "generated: the generator decides how it is written"
)]
pub mod v1 {
    include!("generated/marquee.v1.rs");
}

/// The descriptors of the package and of what it imports, encoded as a
/// `google.protobuf.FileDescriptorSet`: what server reflection answers with.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/marquee.v1.bin");

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::FILE_DESCRIPTOR_SET;

    #[test]
    fn descriptors_hold_every_service_and_all_imports() {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let services: Vec<&str> = set
            .file
            .iter()
            .flat_map(|file| &file.service)
            .map(|service| service.name())
            .collect();
        assert_eq!(
            services,
            [
                "CatalogService",
                "EventService",
                "ExplanationService",
                "ModelService",
                "RecommendationService",
                "StateService"
            ]
        );
        let names: Vec<&str> = set.file.iter().map(|file| file.name()).collect();
        for import in set.file.iter().flat_map(|file| &file.dependency) {
            assert!(names.contains(&import.as_str()), "{import} is missing");
        }
    }
}
