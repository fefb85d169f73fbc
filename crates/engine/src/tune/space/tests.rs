use super::*;

fn read(text: &str) -> Result<Space> {
    let mut spaces = read_spaces(text)?;
    Ok(spaces.pop_first().unwrap().1)
}

#[test]
fn every_form_is_read() {
    let space = read(
        r#"
        [ials]
        factors = [32, 64]
        iterations = { min = 4, max = 20, step = 2 }
        regularization = { min = 1e-4, max = 1e-1, scale = "log" }
        solver = ["cholesky", "block-coordinate"]
        unobserved_weight = { min = 0, max = 1.5 }
        "#,
    );
    let shown: Vec<String> = space
        .unwrap()
        .parameters()
        .iter()
        .map(|one| format!("{} = {}", one.name, one.domain))
        .collect();
    assert_eq!(
        shown,
        [
            "factors = [32, 64]",
            r#"iterations = { min = 4, max = 20, step = 2, scale = "linear" }"#,
            r#"regularization = { min = 0.0001, max = 0.1, scale = "log" }"#,
            r#"solver = ["cholesky", "block-coordinate"]"#,
            r#"unobserved_weight = { min = 0.0, max = 1.5, scale = "linear" }"#,
        ]
    );
}

#[track_caller]
fn check_refused(entry: &str, want: &str) {
    let error = read(&format!("[ials]\n{entry}")).unwrap_err();
    assert!(error.to_string().contains(want), "{error}");
}

#[test]
fn errors_name_the_entry_and_what_is_expected() {
    check_refused("factors = 3", "[ials] factors is 3, expected a list");
    check_refused("factors = []", "expected one or more plain values");
    check_refused("factors = [1, 1]", "each once");
    check_refused("factors = { min = 1 }", "expected both min and max");
    check_refused(
        "factors = { min = 2, max = 1 }",
        "[ials] factors.max is 1, expected at least min",
    );
    check_refused(
        "factors = { min = 1, max = 2, by = 3 }",
        "factors.by is 3, expected only",
    );
    check_refused(
        "factors = { min = 1, max = 9, step = 0 }",
        "factors.step is 0, expected",
    );
    check_refused(
        "factors = { min = 1, max = 9, step = 9 }",
        "factors.step is 9, expected",
    );
    let log = r#"scale = "log""#;
    check_refused(
        &format!("factors = {{ min = 0, max = 9, {log} }}"),
        "more than 0",
    );
    check_refused(
        "init_std = { min = 0, max = 9, scale = 1 }",
        "init_std.scale is 1",
    );
    check_refused(
        "init_std = { min = 0.1, max = 9, step = 1 }",
        "expected no step",
    );
    check_refused(
        "init_std = { min = nan, max = 9 }",
        "expected a finite number",
    );
    check_refused("factor = [1]", "[ials] factor = 1 is refused");
    check_refused(
        "factors = { min = -1, max = 9 }",
        "[ials] factors = -1 is refused",
    );
    check_refused("factors = [0.5]", "[ials] factors = 0.5 is refused");
    check_refused("solver = [\"fast\"]", "[ials] solver = \"fast\" is refused");
}

#[test]
fn unknown_models_and_wrong_tables_are_refused() {
    let unknown = read_spaces("[alz]\nfactors = [1]").unwrap_err();
    assert!(
        matches!(unknown, EngineError::UnknownModel { .. }),
        "{unknown}"
    );
    let flat = read_spaces("ials = 3").unwrap_err();
    assert!(
        flat.to_string().contains("expected a table of parameters"),
        "{flat}"
    );
    let broken = read_spaces("[ials").unwrap_err();
    assert!(
        matches!(broken, EngineError::Tune(TuneError::Syntax(_))),
        "{broken}"
    );
}

#[test]
fn fixed_parameters_leave_the_space() {
    let space = default_space("ials").unwrap();
    let fixed = "ials:factors=64".parse::<ModelSpec>().unwrap();
    let free = space.without(fixed.params());
    assert_eq!(free.parameters().len(), space.parameters().len() - 1);
    assert!(free.parameters().iter().all(|one| one.name != "factors"));
}
