//! Whatever is written, reading it ends, and ends well.

use proptest::prelude::*;

use super::*;

const MASTER: &str = include_str!("../../../../tests/seeds/master.conf");

/// Everything that is done with a file.
fn read_and_show(bytes: &[u8]) {
    let options = LoadOptions::default();
    let (config, diagnostics) = load(&MapSource::single(NAME, bytes), NAME, &options);
    for diagnostic in &diagnostics {
        assert!(!diagnostic.full(false).is_empty());
        assert_eq!(diagnostic.concise().lines().count(), 1, "{diagnostic:?}");
    }
    assert!([0, 4, 5].contains(&exit_code(&config, &diagnostics)));
}

#[test]
fn a_file_may_end_anywhere() {
    for end in 0..MASTER.len() {
        read_and_show(&MASTER.as_bytes()[..end]);
    }
}

#[test]
fn any_byte_may_be_any_other() {
    let mut bytes = MASTER.as_bytes().to_vec();
    for at in 0..bytes.len() {
        let was = std::mem::replace(&mut bytes[at], b"{}\"\\\0\xff@$"[at % 8]);
        read_and_show(&bytes);
        bytes[at] = was;
    }
}

/// A file of nothing but mistakes is read as fast as any other, and not told in full.
#[test]
fn mistakes_without_end_have_an_end() {
    for line in [
        "prioritty 1\n",
        "}\n",
        "a {\n",
        "\0\n",
        "\"\n",
        "vrrp_instance A { }\n",
    ] {
        let text = line.repeat(20_000);
        let (_, diagnostics) = load_text(&text);
        assert!(diagnostics.len() < 1000, "{line}: {}", diagnostics.len());
    }
}

/// Words that mean something, in an order that does not.
fn soup() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = keywords::all().iter().map(|row| row.name).collect();
    let word = prop_oneof![
        4 => proptest::sample::select(names),
        3 => proptest::sample::select(vec!["{", "}", "\n", "\r\n", "\t", "#", "!", "\"", "'", "\\"]),
        2 => proptest::sample::select(vec!["VI_1", "eth0", "10.0.0.1/24", "::1", "dev", "weight"]),
        2 => proptest::sample::select(vec!["0", "1", "255", "-300", "1.5", "99999999999999999999"]),
        1 => proptest::sample::select(vec!["@lb1", "@^x", "$A=1", "${A}", "~SEQ(", "include x"]),
    ];
    proptest::collection::vec(word, 0..80).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_and_show(&bytes);
    }

    #[test]
    fn any_words_can_be_read(text in soup()) {
        read_and_show(text.as_bytes());
    }
}
