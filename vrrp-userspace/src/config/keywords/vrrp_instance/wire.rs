//! Where the router speaks, and in which form.

use super::super::{
    super::{
        block::Content::Keywords,
        draft::InstanceDraft,
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword, Refuse,
        },
    },
    authentication,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "interface",
        usage: "interface <interface>",
        help: "Where the router speaks; its addresses are installed here unless they say otherwise.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.interface = Some(words.word("the name of an interface")?.clone());
            Ok(())
        }),
    },
    Keyword {
        name: "authentication",
        usage: "authentication { auth_type PASS … auth_pass <password> }",
        help: "A label of the cluster in every advertisement (version 2 only).",
        since: KEEPALIVED,
        apply: Apply::Block(|instance, words, block, interpreter| {
            words.rest();
            let draft = &mut instance.authentication;
            interpreter.read(block, &authentication::TABLE, "authentication", draft);
            if let Some(refusal) = draft.refusal.take() {
                instance.refuse(refusal);
            }
            Ok(())
        }),
    },
    Keyword::block_not_supported_yet(
        "auth_hmac",
        "A signature in every advert.",
        Keywords,
        InstanceRefused("it would hear routers that it must not hear"),
    ),
    Keyword {
        name: "v3_checksum_as_v2",
        usage: "v3_checksum_as_v2 [on|off]",
        help: "Sends the checksum of version 3 over IPv4 without addresses, as RFC 9568 and some routers have it. Either form is heard, always.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.sums_message_alone = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword::not_supported_yet(
        "native_ipv6",
        "Speaks IPv6.",
        InstanceRefused("it would speak IPv4 where the others speak IPv6"),
    ),
    Keyword::not_supported_yet(
        "vrf",
        "The routing domain adverts are sent in.",
        InstanceRefused("it would speak in the wrong routing domain"),
    ),
    Keyword::not_supported_yet(
        "use_ipvlan",
        "Addresses on an ipvlan interface.",
        InstanceRefused("addresses would be installed on the wrong interface"),
    ),
    Keyword::not_supported_yet(
        "kernel_rx_buf_size",
        "The size of the receive buffer.",
        Ignored,
    ),
    Keyword::accepted_without_effect(
        "debug",
        "The log is made more detailed on the command line.",
    ),
    Keyword::accepted_without_effect(
        "linkbeat_use_polling",
        "Changes of a link are reported by the kernel, nobody has to ask.",
    ),
    Keyword::accepted_without_effect(
        "lvs_sync_daemon_interface",
        "Belongs to the load balancer of keepalived, which this program does not replace.",
    ),
];
