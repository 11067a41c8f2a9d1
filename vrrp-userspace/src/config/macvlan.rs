//! What is said about an interface with a virtual MAC: its name, its MAC, its group.

use super::{
    draft::{MacDraft, MacvlanDraft},
    lexer::Word,
    source::Span,
    words::{Problem, Words},
};

/// The kernel's limit for the name of an interface, without the NUL at the end.
const LONGEST_NAME: usize = 15;

/// So that `6`, a VRID and a number of two digits fit behind it.
const LONGEST_PREFIX: usize = 7;

/// Reads `[[name] <interface>] [<MAC>] [netlink_notify_msg] [group <number>]`, up to one of `others`, for a statement at `span`.
pub(super) fn read(
    span: Span,
    words: &mut Words<'_>,
    others: &[&str],
) -> Result<MacvlanDraft, Problem> {
    let mut draft = MacvlanDraft {
        name: None,
        mac: None,
        group: None,
        span,
    };
    while let Some(word) = words.peek()
        && !others.contains(&word.text.as_str())
    {
        words.next();
        match word.text.as_str() {
            "name" => draft.name = Some(name(words.word("an interface behind `name`")?)?),
            // Whoever waits for news of the interface beneath: nothing of it has changed.
            "netlink_notify_msg" => {}
            "group" => draft.group = group(words)?,
            text if text.contains(':') => draft.mac = Some(mac(word)?),
            _ if draft.name.is_none() => draft.name = Some(name(word)?),
            _ => words.tell(
                Problem::warning(format!("does not know the option `{}`", word.text)).at(word, ""),
            ),
        }
    }
    Ok(draft)
}

/// Reads how names of such interfaces begin.
pub(super) fn prefix(words: &mut Words<'_>) -> Result<String, Problem> {
    let word = name(words.word("the beginning of a name")?)?;
    if word.text.len() > LONGEST_PREFIX {
        let complaint = format!("must not be longer than {LONGEST_PREFIX} characters");
        let problem = Problem::error(complaint).at(&word, "too long");
        return Err(problem.help("a VRID has to fit behind it"));
    }
    Ok(word.text)
}

fn name(word: &Word) -> Result<Word, Problem> {
    let text = &word.text;
    let is_name = (1..=LONGEST_NAME).contains(&text.len())
        && !text.contains(|letter: char| letter == '/' || letter.is_whitespace())
        && text != "."
        && text != "..";
    if is_name {
        return Ok(word.clone());
    }
    let complaint = format!("needs a name for an interface: up to {LONGEST_NAME} bytes, no `/`");
    Err(Problem::error(complaint).at(word, "not such a name"))
}

/// A name would have to be looked up in a file of iproute2.
fn group(words: &mut Words<'_>) -> Result<Option<u32>, Problem> {
    let word = words.word("a number behind `group`")?;
    if word.text == "default" {
        return Ok(Some(0));
    }
    let group = word.text.parse().ok();
    if group.is_none() {
        let problem = Problem::warning("knows groups by their numbers alone").at(word, "a name");
        words.tell(
            problem
                .now("the interface is in the group of the one beneath")
                .help("the number is in /etc/iproute2/group"),
        );
    }
    Ok(group)
}

/// Five bytes are followed by the VRID, as in keepalived.
fn mac(word: &Word) -> Result<MacDraft, Problem> {
    let bytes = word.text.split(':').map(byte);
    let bytes: Option<Vec<u8>> = bytes.collect();
    let bytes = bytes.unwrap_or_default();
    let mac = match (
        <[u8; 6]>::try_from(&bytes[..]),
        <[u8; 5]>::try_from(&bytes[..]),
    ) {
        (Ok(whole), _) => MacDraft::Whole(whole),
        (_, Ok(beginning)) => MacDraft::Beginning(beginning),
        (Err(_), Err(_)) => {
            return Err(Problem::error(
                "needs a MAC of six bytes, or of five and the VRID is the last",
            )
            .at(word, "not a MAC"));
        }
    };
    if bytes.first().is_some_and(|first| first & 1 != 0) || bytes.iter().all(|byte| *byte == 0) {
        return Err(Problem::error("needs the MAC of one host").at(word, "a group, or nobody"));
    }
    Ok(mac)
}

fn byte(text: &str) -> Option<u8> {
    let is_hexadecimal =
        (1..=2).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_hexdigit());
    is_hexadecimal.then(|| u8::from_str_radix(text, 16).ok())?
}
