use super::*;

#[test]
fn committed_file_holds_the_defaults() {
    let text = include_str!("../../../../config/marquee.toml");
    let parsed: toml::Table = toml::from_str(text).unwrap();
    let defaults = toml::Table::try_from(ServeConfig::default()).unwrap();
    // Equal as tables: every default stands in the file, and nothing else does.
    assert_eq!(parsed["serve"], toml::Value::Table(defaults));
    assert_eq!(
        ServeConfig::from_toml(text).unwrap(),
        ServeConfig::default()
    );
}

#[test]
fn nothing_said_is_the_defaults() {
    assert_eq!(ServeConfig::from_toml("").unwrap(), ServeConfig::default());
}

#[test]
fn what_is_said_replaces_its_default() {
    let text = "[serve]\nlisten = \"[::1]:80\"\nplaintext = \"anywhere\"\n[serve.limits]\ncalls = 7\n\
                [serve.tls]\ncertificate = \"c\"\nkey = \"k\"\n";
    let config = ServeConfig::from_toml(text).unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:80");
    assert_eq!(config.plaintext, Plaintext::Anywhere);
    assert_eq!(config.limits.calls, 7);
    assert_eq!(config.limits.message_bytes, Limits::default().message_bytes);
    assert_eq!(config.tls.unwrap().key, PathBuf::from("k"));
}

#[track_caller]
fn check_refused(text: &str, want: &str) {
    let error = ServeConfig::from_toml(text).unwrap_err();
    let ServeError::Config(cause) = &error else {
        panic!("{error:?}");
    };
    assert!(cause.to_string().contains(want), "{cause}");
}

#[test]
fn unknown_keys_are_refused_at_every_level() {
    check_refused("[server]\n", "unknown field `server`");
    check_refused("[serve]\nport = 1\n", "unknown field `port`");
    check_refused("[serve.limits]\ncall = 1\n", "unknown field `call`");
    check_refused("[serve.times]\ncall_s = 1\n", "unknown field `call_s`");
    check_refused("[serve.tls]\ncertificate = \"c\"\n", "missing field `key`");
    check_refused("[serve]\nplaintext = \"yes\"\n", "unknown variant `yes`");
    check_refused(
        "[serve]\nlisten = \"localhost\"\n",
        "invalid socket address",
    );
}

#[track_caller]
fn check_value(text: &str, want: &str) {
    let error = ServeConfig::from_toml(text).unwrap_err();
    assert_eq!(error.to_string(), want);
}

#[test]
fn values_that_make_no_sense_are_named() {
    check_value(
        "[serve.limits]\ncalls = 0\n",
        "serve.limits.calls: expected 1 to 4294967295, found 0",
    );
    check_value(
        "[serve.times]\ncall_ms = 9000000000\n",
        "serve.times.call_ms: expected 1 to 4294967295, found 9000000000",
    );
}
