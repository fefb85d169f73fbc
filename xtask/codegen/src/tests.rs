use super::{generate, rules, workspace};

/// The rules that one proto breaks, without the name of the file.
#[track_caller]
fn check(body: &str, want: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("syntax = \"proto3\";\npackage marquee.test;\n{body}");
    std::fs::write(folder.path().join("t.proto"), source).unwrap();
    let files = protox::Compiler::new([folder.path()])
        .unwrap()
        .include_source_info(true)
        .open_file("t.proto")
        .unwrap()
        .file_descriptor_set();
    let got = rules::broken(&files);
    let want: Vec<String> = want.iter().map(|line| format!("t.proto: {line}")).collect();
    assert_eq!(got, want);
}

#[test]
fn documented_proto_breaks_nothing() {
    check(
        "// S.\nservice S {\n  // A call.\n  // Codes: none.\n  // Retry: yes.\n  rpc Call(Ask) returns (Told);\n}\n\
         // Limits: none.\nmessage Ask {\n  // Limits: 9 bytes.\n  string a = 1;\n}\n\
         // An answer.\nmessage Told {}\n\
         // A kind.\nenum ItemKind {\n  // Zero.\n  ITEM_KIND_UNSPECIFIED = 0;\n}\n",
        &[],
    );
}

#[test]
fn call_must_state_codes_and_retry() {
    check(
        "// S.\nservice S {\n  // A call.\n  rpc Call(Ask) returns (Ask);\n}\n\
         // Limits: none.\nmessage Ask {}\n",
        &[
            "S.Call: its comment has no `Codes:`",
            "S.Call: its comment has no `Retry:`",
        ],
    );
}

#[test]
fn request_must_state_limits() {
    check(
        "// S.\nservice S {\n  // Codes: none. Retry: yes.\n  rpc Call(Ask) returns (Ask);\n}\n\
         // Asks.\nmessage Ask {\n  // A.\n  string a = 1;\n}\n",
        &[
            "Ask: is a request and its comment states no `Limits`",
            "Ask.a: is a text of a request and its comment states no `Limits`",
        ],
    );
}

#[test]
fn zero_must_be_unspecified() {
    check(
        "// A kind.\nenum ItemKind {\n  // Zero.\n  NONE = 0;\n}\n",
        &["ItemKind: has no zero called ITEM_KIND_UNSPECIFIED"],
    );
}

#[test]
fn everything_must_have_a_comment() {
    check(
        "message M {\n  uint32 a = 1;\n}\n",
        &["M: has no comment", "M.a: has no comment"],
    );
}

#[test]
fn committed_code_is_what_the_protos_give() {
    assert_eq!(
        super::check(&workspace()).unwrap(),
        "crates/proto/src/generated is up to date"
    );
}

#[test]
fn stale_code_is_found_and_repaired() {
    let root = tempfile::tempdir().unwrap();
    let protos = root.path().join("proto/marquee/v1");
    std::fs::create_dir_all(&protos).unwrap();
    let source = "syntax = \"proto3\";\npackage marquee.v1;\n// M.\nmessage M {}\n";
    std::fs::write(protos.join("m.proto"), source).unwrap();

    assert!(
        super::check(root.path()).is_err(),
        "nothing is generated yet"
    );
    super::write(root.path()).unwrap();
    super::check(root.path()).unwrap();

    let code = root.path().join(generate::FOLDER).join("marquee.v1.rs");
    std::fs::write(&code, "// by hand\n").unwrap();
    let error = super::check(root.path()).unwrap_err().to_string();
    assert!(error.starts_with("marquee.v1.rs of"), "{error}");
}

#[test]
fn proto_that_does_not_parse_is_named() {
    let root = tempfile::tempdir().unwrap();
    let protos = root.path().join("proto/marquee/v1");
    std::fs::create_dir_all(&protos).unwrap();
    std::fs::write(protos.join("m.proto"), "syntax = \"proto3\";\nmessage {}\n").unwrap();
    let error = format!("{:#}", super::check(root.path()).unwrap_err());
    assert!(error.contains("m.proto"), "{error}");
}
