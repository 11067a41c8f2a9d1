//! What instances do that do not say.

use std::time::Duration;

use super::super::{
    super::{
        draft::GlobalDraft,
        keyword::{Apply, KEEPALIVED, Keyword},
        macvlan,
    },
    values,
};
use crate::protocol::Family;

const LEAST_DELAY: Duration = Duration::from_millis(1);
/// keepalived: as many microseconds as an unsigned integer has.
const LONGEST_DELAY: Duration = Duration::from_secs(4294);

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword {
        name: "vrrp_version",
        usage: "vrrp_version 2|3",
        help: "The protocol of instances that do not say, 2 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.version = Some(values::version(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "default_interface",
        usage: "default_interface <interface>",
        help: "The interface of instances that do not say.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.default_interface = Some(words.word("the name of an interface")?.clone());
            Ok(())
        }),
    },
    Keyword {
        name: "vmac_prefix",
        usage: "vmac_prefix <name>",
        help: "How the names of the interfaces of `use_vmac` begin, `vrrp` unless given: `vrrp.51`, for IPv6 `vrrp6.51`.",
        since: KEEPALIVED,
        apply: Apply::Words(|global, words| {
            global.macvlan_prefix = Some(macvlan::prefix(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "vmac_addr_prefix",
        usage: "vmac_addr_prefix <name>",
        help: "The same for those of `use_vmac_addr`, `vmac_prefix` unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|global, words| {
            global.address_macvlan_prefix = Some(macvlan::prefix(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_garp_master_delay",
        usage: "vrrp_garp_master_delay <seconds>",
        help: "The `garp_master_delay` of instances that do not say, 5 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| values::garp_delay(&mut draft.garp, words)),
    },
    Keyword {
        name: "vrrp_garp_master_repeat",
        usage: "vrrp_garp_master_repeat <count>",
        help: "The `garp_master_repeat` of instances that do not say, 5 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| values::garp_repeat(&mut draft.garp, words)),
    },
    Keyword {
        name: "vrrp_garp_master_refresh",
        usage: "vrrp_garp_master_refresh <seconds>",
        help: "The `garp_master_refresh` of instances that do not say, 0 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| values::garp_refresh(&mut draft.garp, words)),
    },
    Keyword {
        name: "vrrp_garp_master_refresh_repeat",
        usage: "vrrp_garp_master_refresh_repeat <count>",
        help: "The `garp_master_refresh_repeat` of instances that do not say, 1 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| values::garp_refresh_repeat(&mut draft.garp, words)),
    },
    Keyword {
        name: "vrrp_mcast_group4",
        usage: "vrrp_mcast_group4 <address>",
        help: "The group adverts go to over IPv4, 224.0.0.18 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|global, words| {
            global.group_of_ipv4 = Some(values::group_of(Family::Ipv4, words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_mcast_group6",
        usage: "vrrp_mcast_group6 <address>",
        help: "The group adverts go to over IPv6, ff02::12 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|global, words| {
            global.group_of_ipv6 = Some(values::group_of(Family::Ipv6, words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_check_unicast_src",
        usage: "vrrp_check_unicast_src",
        help: "The `check_unicast_src` of instances that do not say.",
        since: KEEPALIVED,
        apply: Apply::Words(|global, _| {
            global.hears_peers_only = true;
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_down_timer_adverts",
        usage: "vrrp_down_timer_adverts <1-100>",
        help: "The `down_timer_adverts` of instances that do not say, 3 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| values::down_timer_adverts(&mut draft.conduct, words)),
    },
    Keyword {
        name: "vrrp_lower_prio_no_advert",
        usage: "vrrp_lower_prio_no_advert [on|off]",
        help: "The `lower_prio_no_advert` of instances that do not say, off unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.conduct.lower_prio_no_advert = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_higher_prio_send_advert",
        usage: "vrrp_higher_prio_send_advert [on|off]",
        help: "The `higher_prio_send_advert` of instances that do not say, off unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.conduct.higher_prio_send_advert = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_owner_ignore_adverts",
        usage: "vrrp_owner_ignore_adverts [on|off]",
        help: "The `owner_ignore_adverts` of instances that do not say, off unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.conduct.owner_ignore_adverts = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_skip_check_adv_addr",
        usage: "vrrp_skip_check_adv_addr [on|off]",
        help: "The `skip_check_adv_addr` of instances that do not say, off unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.conduct.skip_check_adv_addr = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_strict",
        usage: "vrrp_strict [on|off]",
        help: "The `strict_mode` of instances that do not say, off unless given. It makes their addresses unreachable on this host.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.strict = words.boolean()?;
            Ok(())
        }),
    },
    Keyword {
        name: "v3_checksum_as_v2",
        usage: "v3_checksum_as_v2 [on|off]",
        help: "The `v3_checksum_as_v2` of instances that do not say, off unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.sums_message_alone = words.boolean()?;
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_startup_delay",
        usage: "vrrp_startup_delay <seconds>",
        help: "No instance sends or hears anything before so long after the daemon was started.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.startup_delay = words.seconds(LEAST_DELAY..=LONGEST_DELAY)?;
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_delay_after_boot",
        usage: "vrrp_delay_after_boot <seconds>",
        help: "The same, counted from when the host was started; the later of both counts.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.delay_after_boot = words.seconds(Duration::ZERO..=LONGEST_DELAY)?;
            Ok(())
        }),
    },
];
