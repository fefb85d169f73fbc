use super::*;

#[track_caller]
fn check_blanked(source: &str, want: &str) {
    assert_eq!(blank::blanked(source), want);
    assert_eq!(blank::blanked(source).len(), source.len());
}

#[test]
fn comments_become_spaces() {
    check_blanked("a // b\nc", "a     \nc");
    check_blanked("a /* b /* c */ d */ e", "a                   e");
}

#[test]
fn strings_keep_their_quotes_and_lines() {
    check_blanked(r#"f("a // b")"#, r#"f("______")"#);
    check_blanked("\"a\nb\"", "\"_\n_\"");
    check_blanked(r#""a\"b" c"#, r#""____" c"#);
}

#[test]
fn raw_strings_end_at_their_own_mark() {
    check_blanked(r##"r#"a"b"# c"##, r##"r#"___"# c"##);
    check_blanked(r#"br"\" c"#, r#"br"_" c"#);
    check_blanked("r#type", "r#type");
}

#[test]
fn lifetimes_are_no_characters() {
    check_blanked("&'a str, 'x', '\\'', '\"'", "&'a str, '_', '__', '_'");
}

#[test]
fn letters_of_any_width_keep_their_bytes() {
    check_blanked("\"ä…\" 'ß'", "\"_____\" '__'");
}

#[test]
fn words_are_whole() {
    let masked = Masked::new("fs ofs fs2 std::fs::read");
    assert_eq!(masked.places_of("fs").collect::<Vec<_>>(), [0, 16]);
}

#[test]
fn functions_count_the_code_of_their_body() {
    let source = "\
trait T { fn required(&self) -> [u8; 3]; }
pub fn long(callback: fn(u8) -> u8) -> [u8; 2] {
    // why

    let x = 1;
    [x, callback(x)]
}
fn short() {}
";
    let functions = Masked::new(source).functions();
    let got: Vec<_> = functions
        .iter()
        .map(|function| (function.name.as_str(), function.line, function.n_lines))
        .collect();
    assert_eq!(got, [("long", 2, 2), ("short", 8, 0)]);
}

#[test]
fn test_modules_do_not_count_as_lines() {
    let source = "\
//! Doc.
fn code() {}

#[cfg(test)]
#[expect(dead_code)]
mod tests {
    fn helper() {}
}
";
    let masked = Masked::new(source);
    assert_eq!(masked.n_lines_without_tests(), 3);
    assert!(masked.is_in_tests(source.find("helper").unwrap()));
    assert!(!masked.is_in_tests(source.find("code").unwrap()));
}

#[test]
fn test_module_in_its_own_file_takes_up_two_lines() {
    let masked = Masked::new("fn code() {}\n#[cfg(test)]\nmod tests;\n");
    assert_eq!(masked.n_lines_without_tests(), 1);
}
