//! Addresses, and advertisements, with a hardware address that goes with the router (RFC 9568 §7.3).

use super::super::super::{
    draft::InstanceDraft,
    keyword::{Apply, KEEPALIVED, Keyword, Refusal, Refuse as _},
    macvlan,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "use_vmac",
        usage: "use_vmac [[name] <interface>] [<MAC>] [group <number>]",
        help: "Addresses and adverts have the virtual MAC of the RFC, 00:00:5e:00:01:VRID and for IPv6 00:00:5e:00:02:VRID, so that neighbours have \
           nothing to learn at a takeover. The addresses are on a macvlan interface, `vrrp.VRID` unless named, which is up on the Active Router alone.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            let span = words.statement().clone();
            let macvlan = macvlan::read(span.clone(), words, &[]);
            let macvlan = macvlan.map_err(|problem| {
                let reason = "`use_vmac` cannot be read".to_owned();
                instance.refuse(Refusal { reason, span });
                problem.now(InstanceDraft::OUTCOME)
            });
            instance.virtual_mac.macvlan = Some(macvlan?);
            Ok(())
        }),
    },
    Keyword {
        name: "use_vmac_addr",
        usage: "use_vmac_addr",
        help: "Addresses on other interfaces, or of the other family, are on macvlan interfaces with the virtual MAC too.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, _| {
            instance.virtual_mac.covers_other_interfaces = true;
            Ok(())
        }),
    },
    Keyword {
        name: "vmac_xmit_base",
        usage: "vmac_xmit_base",
        help: "With `use_vmac`, adverts come from the MAC of the interface itself all the same.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, _| {
            instance.virtual_mac.speaks_from_beneath = true;
            Ok(())
        }),
    },
];
