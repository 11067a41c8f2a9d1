use expect_test::{Expect, expect};

use super::{super::source::SourceFile, *};

/// A diagnostic about `word` in `text`.
fn about(word: &str, text: &str) -> Diagnostic {
    let file = SourceFile::new("keepalived.conf", text.to_owned());
    let start = text.find(word).unwrap();
    let span = Span::new(&file, start, start + word.len());
    Diagnostic::error("`priority` must be between 1 and 255", span).label("out of range")
}

fn check(diagnostic: &Diagnostic, expected: Expect) {
    expected.assert_eq(&diagnostic.full(false));
}

#[test]
fn a_diagnostic_points_at_the_word() {
    let diagnostic = about("300", "vrrp_instance VI_1 {\n    priority 300\n}\n")
        .now("100 is used, as keepalived does")
        .help("255 is for the router that owns the addresses; others use 1 to 254");
    check(
        &diagnostic,
        expect![[r#"
            error: `priority` must be between 1 and 255
             ┌─ keepalived.conf:2:14
             │
            2│     priority 300
             │              ^^^ out of range
             = now: 100 is used, as keepalived does
             = help: 255 is for the router that owns the addresses; others use 1 to 254
        "#]],
    );
    expect!["keepalived.conf:2:14: error: `priority` must be between 1 and 255; 100 is used, as keepalived does (255 is for the router that owns the addresses; others use 1 to 254)"]
        .assert_eq(&diagnostic.concise());
}

#[test]
fn carets_stand_below_the_word_behind_tabs_and_wide_characters() {
    check(
        &about("300", "\tpriority\t300\t# 权重\r\n"),
        expect![[r#"
            error: `priority` must be between 1 and 255
             ┌─ keepalived.conf:1:11
             │
            1│         priority        300     # 权重
             │                         ^^^ out of range
        "#]],
    );
    check(
        &about("300", "\"名字\" 300"),
        expect![[r#"
            error: `priority` must be between 1 and 255
             ┌─ keepalived.conf:1:6
             │
            1│ "名字" 300
             │        ^^^ out of range
        "#]],
    );
}

#[test]
fn line_numbers_of_several_digits_keep_the_gutter_straight() {
    let text = format!("first\n{}priority 300\n", "\n".repeat(98));
    let mut diagnostic = about("300", &text);
    let file = std::sync::Arc::clone(diagnostic.primary.span.file());
    diagnostic = diagnostic.also(Span::new(&file, 0, 5), "as here");
    check(
        &diagnostic,
        expect![[r#"
            error: `priority` must be between 1 and 255
               ┌─ keepalived.conf:100:10
               │
            100│ priority 300
               │          ^^^ out of range
               ├─ keepalived.conf:1:1
               │
              1│ first
               │ ^^^^^ as here
        "#]],
    );
}

#[test]
fn a_password_is_not_repeated() {
    let mut diagnostic = about("hunter2hunter2", "auth_pass hunter2hunter2 # long");
    diagnostic.primary.is_secret = true;
    check(
        &diagnostic,
        expect![[r#"
            error: `priority` must be between 1 and 255
             ┌─ keepalived.conf:1:11
             │
            1│ auth_pass ************** # long
             │           ^^^^^^^^^^^^^^ out of range
        "#]],
    );
}

#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    let diagnostic = about("300", "\x1b[31mpriority 300");
    assert!(!diagnostic.full(false).contains('\x1b'));
}

#[test]
fn a_missing_file_has_no_excerpt() {
    check(
        &Diagnostic::error(
            "it does not exist",
            Span::whole_file("/etc/keepalived/keepalived.conf"),
        ),
        expect![[r#"
            error: it does not exist
             ┌─ /etc/keepalived/keepalived.conf
        "#]],
    );
}

#[test]
fn colour_only_adds_escape_sequences() {
    let diagnostic = about("300", "priority 300").now("100 is used");
    let mut colored = diagnostic.full(true);
    assert!(colored.contains("\x1b[1;31merror\x1b[0m"));
    for code in ["\x1b[1;31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"] {
        colored = colored.replace(code, "");
    }
    assert_eq!(colored, diagnostic.full(false));
}
