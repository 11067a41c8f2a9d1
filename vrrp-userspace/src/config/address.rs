//! A line of `virtual_ipaddress`: an address and what is said about it.

use std::{
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use super::{
    draft::AddressDraft,
    lexer::Word,
    macvlan,
    model::{Scope, VirtualAddress},
    number::{self, Parsed},
    source::Place,
    words::{Problem, Words},
};

/// Reads `<address>[/<length>] [dev <interface>] [label <label>] [brd <address>|+|-] [scope <scope>] [use_vmac …]`.
pub(super) fn virtual_address(words: &mut Words<'_>) -> Result<AddressDraft, Problem> {
    let word = words.word("an address")?;
    let mut draft = AddressDraft {
        address: address_and_length(word, words)?,
        macvlan: None,
    };
    while let Some(option) = words.next() {
        if option.text == "use_vmac" {
            draft.macvlan = Some(macvlan::read(option.span.clone(), words, OPTIONS)?);
        } else {
            apply_option(&mut draft.address, option, words)?;
        }
    }
    Ok(draft)
}

/// What may follow `use_vmac` and is not about it.
const OPTIONS: &[&str] = &[
    "dev",
    "label",
    "brd",
    "broadcast",
    "scope",
    "no_track",
    "home",
    "-nodad",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "peer",
    "preferred_lft",
    "track_group",
];

fn address_and_length(word: &Word, words: &mut Words<'_>) -> Result<VirtualAddress, Problem> {
    let (address, length) = match word.text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word.text.as_str(), None),
    };
    let address = IpAddr::from_str(address).map_err(|_| {
        Problem::error("has an entry that is no address").at(word, "not an address")
    })?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix_length = match length {
        None => longest,
        Some(length) => prefix_length(length, longest).unwrap_or_else(|| {
            let complaint = format!("has a prefix length that is not between 0 and {longest}");
            let problem = Problem::error(complaint).at(word, "wrong length");
            words.tell(problem.now(format!("{longest} is used, as keepalived does")));
            longest
        }),
    };
    Ok(VirtualAddress {
        address,
        prefix_length,
        interface: None,
        mac: None,
        label: None,
        broadcast: None,
        scope: Scope::default(),
        place: Place(word.span.clone()),
    })
}

fn prefix_length(text: &str, longest: u8) -> Option<u8> {
    match number::integer(text)? {
        Parsed {
            value,
            has_garbage: false,
        } => u8::try_from(value).ok().filter(|n| *n <= longest),
        Parsed {
            has_garbage: true, ..
        } => None,
    }
}

fn apply_option(
    address: &mut VirtualAddress,
    option: &Word,
    words: &mut Words<'_>,
) -> Result<(), Problem> {
    match option.text.as_str() {
        "dev" => address.interface = Some(words.word("an interface behind `dev`")?.text.clone()),
        "label" => address.label = Some(label(words.word("a label behind `label`")?)?),
        "brd" | "broadcast" => broadcast(address, words)?,
        "scope" => scope(address, words)?,
        "no_track" | "home" | "-nodad" | "mngtmpaddr" | "noprefixroute" | "autojoin" => {
            words.tell(unsupported(option));
        }
        "peer" | "preferred_lft" | "track_group" => {
            words.next();
            words.tell(unsupported(option));
        }
        _ => words.tell(unknown(option)),
    }
    Ok(())
}

fn unsupported(option: &Word) -> Problem {
    let complaint = format!(
        "has the option `{}`, which is not supported yet",
        option.text
    );
    Problem::warning(complaint).at(option, "")
}

fn unknown(option: &Word) -> Problem {
    let problem = match IpAddr::from_str(option.text.split('/').next().unwrap_or_default()) {
        Ok(_) => Problem::error("takes one address per line").help("write it on the next line"),
        Err(_) => Problem::warning(format!("does not know the option `{}`", option.text)),
    };
    problem
        .at(option, "")
        .now("it is ignored, as keepalived does")
}

/// The kernel's limit, without the NUL at the end.
const LONGEST_LABEL: usize = 15;

fn label(word: &Word) -> Result<String, Problem> {
    if word.text.len() > LONGEST_LABEL {
        let problem = Problem::error("has a label of more than 15 characters").at(word, "too long");
        return Err(problem.now("the address is left out, as keepalived does"));
    }
    Ok(word.text.clone())
}

fn broadcast(address: &mut VirtualAddress, words: &mut Words<'_>) -> Result<(), Problem> {
    let word = words.word("an address behind `brd`")?;
    let IpAddr::V4(own) = address.address else {
        words.tell(Problem::warning("has a broadcast address for IPv6").at(word, "ignored"));
        return Ok(());
    };
    let host_bits = u32::MAX
        .checked_shr(u32::from(address.prefix_length))
        .unwrap_or(0);
    address.broadcast = match word.text.as_str() {
        "+" => Some(Ipv4Addr::from(u32::from(own) | host_bits)),
        "-" => Some(Ipv4Addr::from(u32::from(own) & !host_bits)),
        text => text.parse().ok(),
    };
    if address.broadcast.is_none() {
        let complaint = "has a broadcast address that is no address";
        words.tell(Problem::error(complaint).at(word, "not an address"));
    }
    Ok(())
}

const SCOPES: [(&str, u8); 5] = [
    ("global", 0),
    ("nowhere", 255),
    ("host", 254),
    ("link", 253),
    ("site", 200),
];

fn scope(address: &mut VirtualAddress, words: &mut Words<'_>) -> Result<(), Problem> {
    let word = words.word("a scope behind `scope`")?;
    let named = SCOPES
        .iter()
        .find(|(name, _)| *name == word.text)
        .map(|(_, number)| *number);
    match named.or_else(|| word.text.parse().ok()) {
        Some(number) => address.scope = Scope(number),
        None => {
            let problem = Problem::error("has a scope that is neither a name nor a number");
            words.tell(problem.at(word, "not a scope"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            condition::ConfigIds,
            diagnostic::Findings,
            lexer::{Piece, lex},
            source::SourceFile,
        },
        *,
    };

    fn read(text: &str) -> (Result<AddressDraft, Problem>, usize) {
        let file = SourceFile::new("test.conf", text.to_owned());
        let pieces = lex(&file, &ConfigIds::new(None), &mut Findings::default());
        let Some(Piece::Statement(statement)) = pieces.first() else {
            panic!("{pieces:?}")
        };
        let mut words = Words::new(&statement.words, statement.words[0].span.clone());
        let address = virtual_address(&mut words);
        (address, words.into_problems().len())
    }

    fn good(text: &str) -> VirtualAddress {
        let (address, problems) = read(text);
        assert_eq!(problems, 0);
        address.unwrap().address
    }

    #[test]
    fn everything_but_the_address_has_a_default() {
        let address = good("192.168.0.5");
        assert_eq!(address.address, IpAddr::from([192, 168, 0, 5]));
        assert_eq!((address.prefix_length, address.scope), (32, Scope(0)));
        assert_eq!(
            (address.interface, address.label, address.broadcast),
            (None, None, None)
        );
    }

    #[test]
    fn options_come_in_any_order() {
        let address = good("10.0.0.5/24 label eth1:1 brd + scope link dev eth1");
        assert_eq!(address.prefix_length, 24);
        assert_eq!(address.interface.as_deref(), Some("eth1"));
        assert_eq!(address.label.as_deref(), Some("eth1:1"));
        assert_eq!(address.broadcast, Some(Ipv4Addr::new(10, 0, 0, 255)));
        assert_eq!(address.scope, Scope(253));
        assert_eq!(
            good("10.0.0.5/24 brd -").broadcast,
            Some(Ipv4Addr::new(10, 0, 0, 0))
        );
        assert_eq!(
            good("10.0.0.5 brd +").broadcast,
            Some(Ipv4Addr::new(10, 0, 0, 5))
        );
    }

    #[test]
    fn a_wrong_length_is_told_and_the_longest_used() {
        for text in ["10.0.0.1/33", "10.0.0.1/24x", "10.0.0.1/"] {
            let (address, problems) = read(text);
            assert_eq!(
                (address.unwrap().address.prefix_length, problems),
                (32, 1),
                "{text}"
            );
        }
    }

    #[test]
    fn unknown_options_are_told_and_skipped() {
        let (address, problems) = read("10.0.0.1 foo dev eth1");
        assert_eq!(address.unwrap().address.interface.as_deref(), Some("eth1"));
        assert_eq!(problems, 1);
    }

    #[test]
    fn what_cannot_be_installed_is_left_out() {
        assert!(read("10.0.0.1.2").0.is_err());
        assert!(read("eth0").0.is_err());
        assert!(read("10.0.0.1 label eth0:averyverylonglabel").0.is_err());
    }
}
