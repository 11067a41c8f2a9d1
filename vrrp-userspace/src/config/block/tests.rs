use super::{
    super::{condition::ConfigIds, lexer::lex, source::SourceFile},
    *,
};

/// `vrrp_instance` holds `track_script`, which holds lines.
struct Small;

impl Grammar for Small {
    fn opens(&self, parent: Option<&str>, keyword: &str) -> Option<Content> {
        match (parent, keyword) {
            (None, "vrrp_instance") | (Some("vrrp_instance"), "authentication") => {
                Some(Content::Keywords)
            }
            (Some("vrrp_instance"), "track_script") => Some(Content::Lines),
            _ => None,
        }
    }
}

/// The tree on one line, and the headlines.
fn parsed(text: &str) -> (String, Vec<String>) {
    let file = SourceFile::new("test.conf", text.to_owned());
    let mut diagnostics = Findings::default();
    let pieces = lex(&file, &ConfigIds::new(None), &mut diagnostics);
    let block = parse(pieces, &Small, &mut diagnostics);
    (
        shown(&block),
        diagnostics
            .sorted()
            .into_iter()
            .map(|diagnostic| diagnostic.headline)
            .collect(),
    )
}

fn shown(block: &Block) -> String {
    let nodes = block.nodes.iter().map(|node| {
        let words: Vec<_> = node.words.iter().map(|word| word.text.as_str()).collect();
        let body = node.body.as_ref().map(|body| format!("[{}]", shown(body)));
        words.join(" ") + &body.unwrap_or_default()
    });
    nodes.collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(text: &str, tree: &str, headlines: &[&str]) {
    let (shown, complaints) = parsed(text);
    assert_eq!(shown, tree);
    assert_eq!(complaints, headlines);
}

#[test]
fn braces_may_stand_on_any_line() {
    check(
        "vrrp_instance A\n{\n track_script { x }\n y\n}\nz",
        "vrrp_instance A[track_script[x]; y]; z",
        &[],
    );
    check("a{b{c}}", "a[b[c]]", &[]);
    check("a {\n}", "a[]", &[]);
}

#[test]
fn a_superfluous_brace_is_told_once() {
    check("a { b } }\nc", "a[b]; c", &["unexpected `}`"]);
    check("a { b }\n{ c }", "a[b]; c", &["unexpected `{`"]);
}

#[test]
fn a_block_without_its_end_is_used() {
    check(
        "vrrp_instance A {\n b",
        "vrrp_instance A[b]",
        &["a `}` is missing at the end of `vrrp_instance`"],
    );
}

#[test]
fn what_a_block_cannot_hold_shows_where_it_ended() {
    check(
        "vrrp_instance A {\n authentication {\n x\n track_script {\n y\n }\n z\n}\nw",
        "vrrp_instance A[authentication[x]; track_script[y]; z]; w",
        &["a `}` is missing at the end of `authentication`"],
    );
    check(
        "unknown {\n a {\n b\n}\nvrrp_instance A {\n}",
        "unknown[a[b]]; vrrp_instance A[]",
        &["a `}` is missing at the end of `unknown`"],
    );
}

#[test]
fn a_block_without_its_beginning_lasts_to_its_end() {
    check(
        "vrrp_instance A\n b\n}\nc",
        "vrrp_instance A[b]; c",
        &["`vrrp_instance` opens a block, but no `{` follows"],
    );
    check(
        "vrrp_instance A {\n track_script x\n b\n}",
        "vrrp_instance A[track_script[x]; b]",
        &["`track_script` opens a block, but no `{` follows"],
    );
}

#[test]
fn a_block_for_another_router_is_left_out_with_its_content() {
    check("@lb2 a {\n b {\n }\n c\n}\nd", "d", &[]);
    check("@lb2 vrrp_instance A\nb", "b", &[]);
}

#[test]
fn endless_nesting_ends() {
    let (tree, complaints) = parsed(&"a {\n".repeat(100_000));
    assert!(tree.len() < 100);
    assert_eq!(
        complaints
            .iter()
            .filter(|line| line.contains("too deeply"))
            .count(),
        1
    );
}
