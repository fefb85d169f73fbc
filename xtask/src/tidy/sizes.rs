//! How long files and functions may be.

use super::{Problem, exceptions::Exceptions, tree::Source};

/// Lines of a file, its tests left out.
const MAX_FILE_LINES: usize = 400;
/// Lines with code of a function's body; clippy holds the same limit.
const MAX_FUNCTION_LINES: usize = 70;

/// Checks every file and function, and that each exception is needed.
pub(super) fn check(sources: &[Source], exceptions: &Exceptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources {
        if !source.is_test() {
            let n_lines = source.masked.n_lines_without_tests();
            if let Some(message) = exceptions.judge(&source.path, n_lines, MAX_FILE_LINES) {
                problems.push(Problem::of_file(&source.path, message));
            }
        }
        for function in source.masked.functions() {
            let what = format!("{}::{}", source.path, function.name);
            if let Some(message) = exceptions.judge(&what, function.n_lines, MAX_FUNCTION_LINES) {
                let message = format!("`{}` {message}", function.name);
                problems.push(Problem::at(&source.path, function.line, message));
            }
        }
    }
    problems.extend(exceptions.unneeded());
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_count(path: &str, text: &str, list: &str, want: usize) {
        let (exceptions, _) = Exceptions::parse("list", list);
        let problems = check(&[Source::new(path, text)], &exceptions);
        assert_eq!(problems.len(), want, "{problems:?}");
    }

    #[test]
    fn file_has_a_limit_that_its_tests_do_not_count_for() {
        let code = "// line\n".repeat(400);
        check_count("crates/a/src/b.rs", &code, "", 0);
        check_count("crates/a/src/b.rs", &(code.clone() + "// more\n"), "", 1);
        check_count(
            "crates/a/src/b/tests.rs",
            &(code.clone() + "// more\n"),
            "",
            0,
        );
        let tested = code + "#[cfg(test)]\nmod tests {\n}\n";
        check_count("crates/a/src/b.rs", &tested, "", 0);
    }

    #[test]
    fn function_has_a_limit_and_an_exception_names_it() {
        let function = |n: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(n));
        check_count("a.rs", &function(70), "", 0);
        check_count("a.rs", &function(71), "", 1);
        check_count("a.rs", &function(71), "a.rs::f 71\n", 0);
        check_count("a.rs", &function(70), "a.rs::f 71\n", 1);
    }
}
