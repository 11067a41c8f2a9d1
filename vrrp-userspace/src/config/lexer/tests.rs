use super::*;

/// The pieces of `text`, written shortly: words joined by `|`, braces alone.
fn pieces(text: &str) -> Vec<String> {
    lexed(text).0
}

fn lexed(text: &str) -> (Vec<String>, Vec<String>) {
    let file = SourceFile::new("test.conf", text.to_owned());
    let mut diagnostics = Findings::default();
    let pieces = lex(&file, &ConfigIds::new(Some("lb1".into())), &mut diagnostics);
    let headlines = diagnostics
        .sorted()
        .into_iter()
        .map(|diagnostic| diagnostic.headline)
        .collect();
    (pieces.iter().map(shown).collect(), headlines)
}

fn shown(piece: &Piece) -> String {
    match piece {
        Piece::Open(_) => "{".to_owned(),
        Piece::Close(_) => "}".to_owned(),
        Piece::Statement(statement) => {
            let words: Vec<_> = statement
                .words
                .iter()
                .map(|word| word.text.as_str())
                .collect();
            let mark = match statement.fate {
                Fate::Kept => "",
                Fate::Excluded => "-",
                Fate::Unsupported(_) => "?",
            };
            format!("{mark}{}", words.join("|"))
        }
    }
}

#[test]
fn comments_begin_anywhere_outside_double_quotes() {
    assert_eq!(
        pieces("priority 100 # weight\n! all of it\nstate BACKUP!x"),
        ["priority|100", "state|BACKUP"]
    );
    assert_eq!(pieces(r##"auth_pass a#b"##), ["auth_pass|a"]);
    assert_eq!(pieces(r##"auth_pass 'a#b'"##), ["auth_pass|'a"]);
    assert_eq!(pieces(r##"auth_pass "a#b""##), ["auth_pass|a#b"]);
    assert_eq!(pieces(r##"auth_pass a\#b\!"##), ["auth_pass|a#b!"]);
}

#[test]
fn quotes_begin_and_end_words() {
    assert_eq!(pieces(r#"ab"cd" "e f"g"#), ["ab|cd|e f|g"]);
    let (words, complaints) = lexed("script \"/bin/true x\npriority 1");
    assert_eq!(words, ["script|/bin/true x", "priority|1"]);
    assert_eq!(complaints, ["a quote is not closed on its line"]);
}

#[test]
fn braces_split_wherever_they_stand() {
    assert_eq!(pieces("a{b}c"), ["a", "{", "b", "}", "c"]);
    assert_eq!(
        pieces("a\n{\nb }\n}c {"),
        ["a", "{", "b", "}", "}", "c", "{"]
    );
    assert_eq!(
        pieces(r#"script "awk '{print}'""#),
        ["script|awk '{print}'"]
    );
}

#[test]
fn carriage_returns_and_form_feeds_are_blanks() {
    assert_eq!(
        pieces("state\x0cBACKUP \r\npriority\x0b1\r\n"),
        ["state|BACKUP", "priority|1"]
    );
}

#[test]
fn lines_for_other_routers_are_marked() {
    assert_eq!(
        pieces("@lb1 priority 100\n@lb2 priority 90"),
        ["priority|100", "-priority|90"]
    );
    assert_eq!(
        pieces("@lb2 track_script { a\n}"),
        ["-track_script", "{", "-a", "}"]
    );
    assert_eq!(pieces("@lb2 }\n@lb2 {"), Vec::<String>::new());
}

#[test]
fn what_needs_a_preprocessor_is_marked() {
    assert_eq!(pieces("include /etc/*.conf"), ["?include /etc/*.conf"]);
    assert_eq!(
        pieces("$A=1 {\\\n}\\\n }\npriority $A"),
        ["?$A=1 {\\", "?priority|$A"]
    );
    assert_eq!(
        pieces("~SEQ(i,1,2) vrrp_instance V$i {"),
        ["?~SEQ(i,1,2) vrrp_instance V$i", "{"]
    );
    assert_eq!(pieces("dev ${IF:-eth0}:1 $B"), ["dev|${IF:-eth0}:1|$B"]);
}

#[test]
fn a_line_that_keepalived_drops_is_dropped() {
    let long = format!("priority 1\nrouter_id {}\nstate X", "x".repeat(1100));
    let (words, complaints) = lexed(&long);
    assert_eq!(words, ["priority|1", "state|X"]);
    assert_eq!(complaints, ["a line of more than 1023 bytes is not read"]);
    assert_eq!(lexed("a\0b\nc").0, ["c"]);
}

#[test]
fn a_long_comment_does_no_harm() {
    let (words, complaints) = lexed(&format!("priority 1 # {}", "x".repeat(1100)));
    assert_eq!((words, complaints), (vec!["priority|1".to_owned()], vec![]));
}

#[test]
fn spans_are_bytes_of_the_file() {
    let file = SourceFile::new("test.conf", "# 权重\n\tpriority 300".to_owned());
    let pieces = lex(&file, &ConfigIds::new(None), &mut Findings::default());
    let [Piece::Statement(statement)] = pieces.as_slice() else {
        panic!("{pieces:?}")
    };
    assert_eq!(statement.words[1].span.text(), "300");
}
