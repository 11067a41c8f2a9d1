//! What comes and goes with the Active Router.

use super::super::{
    super::{
        address,
        block::Content::Lines,
        draft::{InstanceDraft, Located},
        keyword::{Apply, Consequence::Ignored, KEEPALIVED, Keyword},
        words::{Problem, Words},
    },
    values,
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
    Keyword {
        name: "vip_install",
        usage: "vip_install auto|address|route",
        help: "How IPv4 addresses are put in place: as addresses of their interface, or as local routes (`ip route show table \
               local proto 112`), which take the kernel the same time however many there are. With auto up to 256 of an \
               interface are addresses, and what is beyond are routes.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|instance, words| {
            instance.vip_install = Some(values::vip_install(words)?);
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
    Keyword {
        name: "accept",
        usage: "accept",
        help: "Packets to the addresses are for this host. This is so unless `strict_mode` is on.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| accept(instance, words, true)),
    },
    Keyword {
        name: "no_accept",
        usage: "no_accept",
        help: "Packets to the addresses that come from a network are dropped: no ping, no service (RFC 9568 §6.1, Accept_Mode). By `nft`, in a \
           table of its own.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| accept(instance, words, false)),
    },
];

fn accept(instance: &mut InstanceDraft, words: &mut Words<'_>, value: bool) -> Result<(), Problem> {
    let span = words.statement().clone();
    if let Some(before) = instance
        .accept
        .take()
        .filter(|before| before.value != value)
    {
        let problem = Problem::warning("contradicts what was said before");
        let problem = problem
            .at_span(span.clone(), "")
            .also(before.span, "before");
        words.tell(problem.now("the last one counts, as in keepalived"));
    }
    instance.accept = Some(Located { value, span });
    Ok(())
}
