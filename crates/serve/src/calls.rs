//! Every call the server takes, and what a caller must be allowed to do for it.
//!
//! A call that is not in this table is refused, whoever asks: a new one has to be entered here, with
//! a decision, before it can be reached.

use crate::access::Role;

/// What a call asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: probes of a load balancer carry no key.
    Public,
    /// A key with this role.
    Needs(Role),
}

/// Whether a call counts against the limit of calls at once, and ends at the server's own deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It does work.
    Work,
    /// It lasts as long as its client wants, in a place of its own.
    Stream,
    /// It only looks, and must also be answered while the server is full or shutting down.
    Probe,
}

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Its path on the wire.
    pub(crate) path: &'static str,
    /// What it asks of its caller.
    pub(crate) access: Access,
    /// Whether it is work.
    pub(crate) weight: Weight,
}

const fn work(path: &'static str, role: Role) -> Call {
    Call {
        path,
        access: Access::Needs(role),
        weight: Weight::Work,
    }
}

const fn stream(path: &'static str, role: Role) -> Call {
    Call {
        path,
        access: Access::Needs(role),
        weight: Weight::Stream,
    }
}

const fn probe(path: &'static str, access: Access) -> Call {
    Call {
        path,
        access,
        weight: Weight::Probe,
    }
}

/// The table.
pub(crate) const CALLS: &[Call] = &[
    work("/marquee.v1.RecommendationService/Recommend", Role::Read),
    work("/marquee.v1.RecommendationService/Rank", Role::Read),
    work("/marquee.v1.RecommendationService/SimilarItems", Role::Read),
    work(
        "/marquee.v1.RecommendationService/ContinueWatching",
        Role::Read,
    ),
    work("/marquee.v1.CatalogService/GetItem", Role::Read),
    work("/marquee.v1.CatalogService/ListItems", Role::Read),
    work("/marquee.v1.CatalogService/UpsertItems", Role::Write),
    stream("/marquee.v1.CatalogService/StreamItems", Role::Write),
    work("/marquee.v1.CatalogService/DeleteItem", Role::Write),
    work("/marquee.v1.CatalogService/GetUser", Role::Read),
    work("/marquee.v1.CatalogService/UpsertUsers", Role::Write),
    work("/marquee.v1.EventService/WriteEvents", Role::Write),
    stream("/marquee.v1.EventService/StreamEvents", Role::Write),
    work("/marquee.v1.EventService/SignIn", Role::Write),
    stream("/marquee.v1.EventService/ExportEvents", Role::Admin),
    work("/marquee.v1.EventService/ErasePerson", Role::Admin),
    work("/marquee.v1.ModelService/ListModels", Role::Read),
    work("/marquee.v1.ModelService/PromoteModel", Role::Admin),
    work("/marquee.v1.ModelService/RollBackModel", Role::Admin),
    work("/marquee.v1.ModelService/GetValueModel", Role::Read),
    work("/marquee.v1.ModelService/PutValueModel", Role::Admin),
    work("/marquee.v1.ExplanationService/GetTasteProfile", Role::Read),
    work("/marquee.v1.StateService/GetServerState", Role::Admin),
    work("/marquee.v1.StateService/GetViewerState", Role::Admin),
    work("/marquee.v1.StateService/TrimJournal", Role::Admin),
    probe("/grpc.health.v1.Health/Check", Access::Public),
    probe("/grpc.health.v1.Health/Watch", Access::Public),
    probe(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        Access::Needs(Role::Read),
    ),
];

/// The call with this path, if there is one.
pub(crate) fn find(path: &str) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.path == path)
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    /// The paths of everything the descriptors declare.
    fn declared() -> Vec<String> {
        let set =
            prost_types::FileDescriptorSet::decode(marquee_proto::FILE_DESCRIPTOR_SET).unwrap();
        let services = set
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file, service)));
        services
            .flat_map(|(file, service)| {
                let methods = service.method.iter();
                methods.map(move |method| {
                    format!("/{}.{}/{}", file.package(), service.name(), method.name())
                })
            })
            .collect()
    }

    #[test]
    fn table_holds_exactly_what_the_protos_declare() {
        let mut ours: Vec<&str> = CALLS
            .iter()
            .map(|call| call.path)
            .filter(|path| path.starts_with("/marquee."))
            .collect();
        let mut declared = declared();
        ours.sort_unstable();
        declared.sort_unstable();
        assert_eq!(ours, declared);
    }

    #[test]
    fn every_call_that_changes_something_needs_more_than_reading() {
        let open: Vec<&str> = CALLS
            .iter()
            .filter(|call| matches!(call.access, Access::Public | Access::Needs(Role::Read)))
            .map(|call| call.path.rsplit('/').next().unwrap())
            .collect();
        let changing = open.iter().filter(|name| {
            let reads = [
                "Get",
                "List",
                "Recommend",
                "Rank",
                "Similar",
                "Continue",
                "Check",
                "Watch",
                "Server",
            ];
            !reads.iter().any(|read| name.starts_with(read))
        });
        assert_eq!(changing.count(), 0, "{open:?}");
    }

    #[test]
    fn what_is_not_in_the_table_is_not_found() {
        assert_eq!(find("/marquee.v1.ModelService/Delete"), None);
        assert_eq!(find(""), None);
    }
}
