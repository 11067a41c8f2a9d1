//! What comes and goes with the Active Router.

use super::super::super::{
    address,
    block::Content::Lines,
    draft::InstanceDraft,
    keyword::{Apply, Consequence::Ignored, KEEPALIVED, Keyword},
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "virtual_ipaddress",
        usage: "virtual_ipaddress { <address>[/<length>] [dev <interface>] [label <label>] … }",
        help: "The addresses, one per line, advertised in this order.",
        since: KEEPALIVED,
        apply: Apply::Lines(|instance, words| {
            instance
                .virtual_addresses
                .push(address::virtual_address(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "virtual_ipaddress_excluded",
        usage: "virtual_ipaddress_excluded { <address>[/<length>] [dev <interface>] … }",
        help: "Addresses that come and go with the others but are not advertised.",
        since: KEEPALIVED,
        apply: Apply::Lines(|instance, words| {
            instance
                .excluded_addresses
                .push(address::virtual_address(words)?);
            Ok(())
        }),
    },
    Keyword::not_supported_yet(
        "no_virtual_ipaddress",
        "Allows version 3 without an address.",
        Ignored,
    ),
    Keyword::block_not_supported_yet(
        "virtual_routes",
        "Routes that come and go with the addresses.",
        Lines,
        Ignored,
    ),
    Keyword::block_not_supported_yet(
        "virtual_rules",
        "Routing rules that come and go with the addresses.",
        Lines,
        Ignored,
    ),
    Keyword::not_supported_yet(
        "promote_secondaries",
        "Keeps other addresses of a prefix when the first one goes.",
        Ignored,
    ),
    Keyword::accepted_without_effect("accept", "Packets to the addresses are always accepted."),
    Keyword::not_supported_yet("no_accept", "Refuses packets to the addresses.", Ignored),
];
