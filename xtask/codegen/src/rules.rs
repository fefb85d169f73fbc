//! What we ask of every proto, beyond what the language asks.
//!
//! - A call's comment states its status codes (`Codes:`) and whether to retry (`Retry:`).
//! - A request's comment, and that of each of its lists and texts, states limits (`Limits`).
//! - Every message, field, enum, value, service and call has a comment.
//! - The zero of an enum is `<NAME>_UNSPECIFIED`.
//!
//! Only files of the package `marquee.*` are ours to hold to this.

use std::collections::{BTreeSet, HashMap};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto, field_descriptor_proto::Type,
};

// Field numbers of descriptor.proto, which source locations are made of.
const FILE_MESSAGES: i32 = 4;
const FILE_ENUMS: i32 = 5;
const FILE_SERVICES: i32 = 6;
const MESSAGE_FIELDS: i32 = 2;
const ENUM_VALUES: i32 = 2;
const SERVICE_METHODS: i32 = 2;

/// Every rule that `files` break, as `file: name: what is wrong`, in the order of the files.
pub(crate) fn broken(files: &FileDescriptorSet) -> Vec<String> {
    let ours = files
        .file
        .iter()
        .filter(|file| file.package().starts_with("marquee."));
    ours.flat_map(of_file).collect()
}

fn of_file(file: &FileDescriptorProto) -> Vec<String> {
    let mut check = Check {
        file: file.name().to_owned(),
        comments: comments(file),
        broken: Vec::new(),
    };
    let requests: BTreeSet<&str> = file
        .service
        .iter()
        .flat_map(|service| &service.method)
        .filter_map(|method| method.input_type().rsplit('.').next())
        .collect();
    for (message, place) in file.message_type.iter().zip(0..) {
        let is_request = requests.contains(message.name());
        check.message(message, place, is_request.then_some(Request));
    }
    for (item, place) in file.enum_type.iter().zip(0..) {
        check.enumeration(item, place);
    }
    for (service, place) in file.service.iter().zip(0..) {
        check.service(service, place);
    }
    check.broken
}

/// The comment in front of each declaration, by its path of field numbers and places.
fn comments(file: &FileDescriptorProto) -> HashMap<Vec<i32>, String> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    locations
        .filter_map(|location| Some((location.path.clone(), location.leading_comments.clone()?)))
        .collect()
}

/// Marks a message that a call takes.
#[derive(Clone, Copy)]
struct Request;

struct Check {
    file: String,
    comments: HashMap<Vec<i32>, String>,
    broken: Vec<String>,
}

impl Check {
    fn fail(&mut self, name: &str, what: &str) {
        self.broken.push(format!("{}: {name}: {what}", self.file));
    }

    /// The comment at `path`; having none breaks a rule.
    fn comment(&mut self, name: &str, path: &[i32]) -> String {
        let comment = self.comments.get(path).cloned().unwrap_or_default();
        if comment.trim().is_empty() {
            self.fail(name, "has no comment");
        }
        comment
    }

    fn message(&mut self, message: &DescriptorProto, place: i32, request: Option<Request>) {
        let comment = self.comment(message.name(), &[FILE_MESSAGES, place]);
        if request.is_some() && !comment.contains("Limits") {
            self.fail(
                message.name(),
                "is a request and its comment states no `Limits`",
            );
        }
        for (field, at) in message.field.iter().zip(0..) {
            let name = format!("{}.{}", message.name(), field.name());
            let comment = self.comment(&name, &[FILE_MESSAGES, place, MESSAGE_FIELDS, at]);
            let is_text = matches!(field.r#type(), Type::String | Type::Bytes);
            if request.is_some() && is_text && !comment.contains("Limits") {
                self.fail(
                    &name,
                    "is a text of a request and its comment states no `Limits`",
                );
            }
        }
        if !message.nested_type.is_empty() || !message.enum_type.is_empty() {
            self.fail(
                message.name(),
                "declares types inside; declare them beside it",
            );
        }
    }

    fn enumeration(&mut self, item: &EnumDescriptorProto, place: i32) {
        self.comment(item.name(), &[FILE_ENUMS, place]);
        for (value, at) in item.value.iter().zip(0..) {
            self.comment(value.name(), &[FILE_ENUMS, place, ENUM_VALUES, at]);
        }
        let zero = format!("{}_UNSPECIFIED", upper_snake(item.name()));
        let has_zero = item
            .value
            .iter()
            .any(|value| value.number() == 0 && value.name() == zero);
        if !has_zero {
            self.fail(item.name(), &format!("has no zero called {zero}"));
        }
    }

    fn service(&mut self, service: &ServiceDescriptorProto, place: i32) {
        self.comment(service.name(), &[FILE_SERVICES, place]);
        for (method, at) in service.method.iter().zip(0..) {
            let name = format!("{}.{}", service.name(), method.name());
            let comment = self.comment(&name, &[FILE_SERVICES, place, SERVICE_METHODS, at]);
            for part in ["Codes:", "Retry:"] {
                if !comment.contains(part) {
                    self.fail(&name, &format!("its comment has no `{part}`"));
                }
            }
        }
    }
}

/// `ItemKind` as `ITEM_KIND`.
fn upper_snake(name: &str) -> String {
    let mut out = String::new();
    for (place, letter) in name.char_indices() {
        if place > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}
