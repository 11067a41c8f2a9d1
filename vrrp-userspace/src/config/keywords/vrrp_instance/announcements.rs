//! Gratuitous ARP.

use super::super::{
    super::{
        draft::InstanceDraft,
        keyword::{Apply, Consequence::Ignored, KEEPALIVED, Keyword},
    },
    values,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "garp_master_delay",
        usage: "garp_master_delay <seconds>",
        help: "From the first burst of gratuitous ARP to the second; 0 for no second one.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::garp_delay(&mut instance.garp, words)),
    },
    Keyword {
        name: "garp_master_repeat",
        usage: "garp_master_repeat <count>",
        help: "Announcements of each address in a burst.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::garp_repeat(&mut instance.garp, words)),
    },
    Keyword {
        name: "garp_master_refresh",
        usage: "garp_master_refresh <seconds>",
        help: "From one refresh to the next while Active; 0 for none.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::garp_refresh(&mut instance.garp, words)),
    },
    Keyword {
        name: "garp_master_refresh_repeat",
        usage: "garp_master_refresh_repeat <count>",
        help: "Announcements of each address in a refresh.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            values::garp_refresh_repeat(&mut instance.garp, words)
        }),
    },
    Keyword::not_supported_yet(
        "garp_lower_prio_delay",
        "From the first burst of gratuitous ARP to the second after a lesser router spoke.",
        Ignored,
    ),
    Keyword::not_supported_yet(
        "garp_lower_prio_repeat",
        "Announcements of each address after a lesser router spoke.",
        Ignored,
    ),
    Keyword::not_supported_yet(
        "garp_extra_if",
        "Gratuitous ARP on further interfaces.",
        Ignored,
    ),
    Keyword::renamed("vmac_garp_intvl", "garp_extra_if"),
];
