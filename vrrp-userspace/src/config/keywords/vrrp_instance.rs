//! `vrrp_instance`: a virtual router.

use std::time::Duration;

use super::{
    super::{
        address,
        block::Content::{Keywords, Lines},
        draft::{InstanceDraft, Located, TrackedScriptDraft},
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword, Refuse, Table,
        },
        lexer::Word,
        model::{InitialState, ScriptCommand},
        script,
        words::{Problem, Words},
    },
    authentication, values,
};
use crate::protocol::{Priority, Vrid};

/// What the file may ask for; what the wire can carry is decided when the version is known.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const LONGEST_INTERVAL: Duration = Duration::from_secs(255);

pub(super) static TABLE: Table<InstanceDraft> = Table {
    block: "vrrp_instance",
    keywords: &[
        Keyword {
            name: "state",
            usage: "state MASTER|BACKUP",
            help: "A hint: with MASTER the router prefers to be Active, but it still listens first. It gives priority \
                   255 if there is no other, and does not go with `nopreempt`.",
            since: KEEPALIVED,
            apply: Apply::Words(state),
        },
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
            name: "virtual_router_id",
            usage: "virtual_router_id <1-255>",
            help: "The number all routers of the group have in common, and nobody else on the link.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                let span = words.remaining();
                let number = words.exact_number(1..=u8::MAX)?;
                if let (Some(value), Some(span)) = (Vrid::new(number), span) {
                    instance.vrid = Some(Located { value, span });
                }
                Ok(())
            }),
        },
        Keyword {
            name: "priority",
            usage: "priority <1-255>",
            help: "The highest one is Active. 255 is for the router that owns the addresses; others use 1 to 254.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                instance.priority = Some(Priority::DEFAULT);
                let default = |problem: Problem| {
                    problem
                        .now("100 is used, as keepalived does")
                        .help("255 is for the router that owns the addresses; others use 1 to 254")
                };
                let number = words.exact_number(1..=u8::MAX).map_err(default)?;
                instance.priority = Some(Priority::new(number));
                Ok(())
            }),
        },
        Keyword {
            name: "advert_int",
            usage: "advert_int <seconds>",
            help: "From one advertisement to the next, 1 unless given. Version 2 needs whole seconds, version 3 can do \
                   0.01 to 40.95.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                let span = words.remaining();
                let value = words.seconds(SHORTEST_INTERVAL..=LONGEST_INTERVAL)?;
                instance.advertisement_interval = span.map(|span| Located { value, span });
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
            name: "track_script",
            usage: "track_script { <script> [weight <number> [reverse|noreverse]] … }",
            help: "Scripts that take the router down or change its priority.",
            since: KEEPALIVED,
            apply: Apply::Lines(|instance, words| {
                let name = words.word("the name of a script")?.clone();
                let weight = if words.take("weight") {
                    Some(values::weight(words))
                } else {
                    None
                };
                let weight = match weight {
                    Some(Err(problem)) => {
                        words.tell(problem.now("the weight of the script is used"));
                        None
                    }
                    Some(Ok(weight)) => Some(weight),
                    None => None,
                };
                instance
                    .track_scripts
                    .push(TrackedScriptDraft { name, weight });
                Ok(())
            }),
        },
        Keyword {
            name: "track_interface",
            usage: "track_interface { <interface> [weight <number> [reverse]] … }",
            help: "Interfaces that take the router down with them. Its own is tracked anyway; others are not supported \
                   yet.",
            since: KEEPALIVED,
            apply: Apply::Lines(|instance, words| {
                instance
                    .track_interfaces
                    .push(words.word("the name of an interface")?.clone());
                words.rest();
                Ok(())
            }),
        },
        Keyword {
            name: "nopreempt",
            usage: "nopreempt",
            help: "Does not take over from a router of lower priority. Needs `state BACKUP`, here and on the others.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                instance.nopreempt = Some(words.statement().clone());
                Ok(())
            }),
        },
        Keyword {
            name: "preempt",
            usage: "preempt",
            help: "Takes over from a router of lower priority, which is the default.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, _| {
                instance.nopreempt = None;
                Ok(())
            }),
        },
        Keyword {
            name: "version",
            usage: "version 2|3",
            help: "The protocol, `vrrp_version` unless given. All routers of the group need the same.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                instance.version = Some(values::version(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "notify_master",
            usage: "notify_master \"<command>\" [<user> [<group>]]",
            help: "Runs when the router becomes Active.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| once(&mut instance.notify.master, words)),
        },
        Keyword {
            name: "notify_backup",
            usage: "notify_backup \"<command>\" [<user> [<group>]]",
            help: "Runs when the router becomes Backup.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| once(&mut instance.notify.backup, words)),
        },
        Keyword {
            name: "notify_fault",
            usage: "notify_fault \"<command>\" [<user> [<group>]]",
            help: "Runs when something tracked goes down.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| once(&mut instance.notify.fault, words)),
        },
        Keyword {
            name: "notify_stop",
            usage: "notify_stop \"<command>\" [<user> [<group>]]",
            help: "Runs when the daemon stops.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| once(&mut instance.notify.stop, words)),
        },
        Keyword {
            name: "notify",
            usage: "notify \"<command>\" [<user> [<group>]]",
            help: "Runs at every transition, with INSTANCE, the name, the state and the priority as its last arguments.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| once(&mut instance.notify.any, words)),
        },
        Keyword {
            name: "smtp_alert",
            usage: "smtp_alert [on|off]",
            help: "Whether transitions are told by mail, as `global_defs` says unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|instance, words| {
                instance.smtp_alert = Some(words.boolean()?);
                Ok(())
            }),
        },
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
        Keyword {
            name: "xdp_mode",
            usage: "xdp_mode auto|native|generic|off",
            help: "How the XDP program is attached. With auto it is native where the driver supports it.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|instance, words| {
                instance.xdp.mode = Some(values::xdp_mode(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "xdp_valid_adverts",
            usage: "xdp_valid_adverts pass|drop",
            help: "Whether an advertisement that was heard goes on to other listeners on this machine.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|instance, words| {
                instance.xdp.valid_adverts = Some(values::valid_adverts(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "xdp_garp_guard",
            usage: "xdp_garp_guard alert|drop|off",
            help: "What to do about ARP in which somebody else claims our addresses.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|instance, words| {
                instance.xdp.garp_guard = Some(values::garp_guard(words)?);
                Ok(())
            }),
        },
        Keyword::not_supported_yet(
            "unicast_src_ip",
            "The address adverts are sent from.",
            InstanceRefused("adverts would come from another address than the others expect"),
        ),
        Keyword::block_not_supported_yet(
            "unicast_peer",
            "Routers to speak to one by one.",
            Lines,
            InstanceRefused("it would speak to everybody and hear nobody"),
        ),
        Keyword::not_supported_yet(
            "unicast_ttl",
            "The time to live of adverts sent to single routers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "unicast_fault_no_peer",
            "A router without a peer is at fault.",
            InstanceRefused("it would take over when it must not"),
        ),
        Keyword::not_supported_yet(
            "check_unicast_src",
            "Hears configured peers only.",
            InstanceRefused("it would hear routers that it must not hear"),
        ),
        Keyword::not_supported_yet(
            "old_unicast_checksum",
            "The checksum of keepalived before 1.3.7.",
            InstanceRefused("its adverts would be refused by the others"),
        ),
        Keyword::not_supported_yet(
            "v3_checksum_as_v2",
            "The checksum of version 3 without addresses.",
            InstanceRefused("its adverts would be refused by the others"),
        ),
        Keyword::not_supported_yet(
            "mcast_src_ip",
            "The address adverts are sent from.",
            InstanceRefused("adverts would come from another address than the others expect"),
        ),
        Keyword::only_supported_as(
            "mcast_dst_ip",
            &["224.0.0.18"],
            "The group adverts are sent to.",
            InstanceRefused("it would speak to the wrong group and hear nobody"),
        ),
        Keyword::block_not_supported_yet(
            "auth_hmac",
            "A signature in every advert.",
            Keywords,
            InstanceRefused("it would hear routers that it must not hear"),
        ),
        Keyword::not_supported_yet(
            "vrf",
            "The routing domain adverts are sent in.",
            InstanceRefused("it would speak in the wrong routing domain"),
        ),
        Keyword::not_supported_yet(
            "use_vmac",
            "Addresses on the virtual MAC of the RFC.",
            InstanceRefused("addresses would have another MAC than on the other routers"),
        ),
        Keyword::not_supported_yet(
            "use_vmac_addr",
            "Some addresses on the virtual MAC of the RFC.",
            InstanceRefused("addresses would have another MAC than on the other routers"),
        ),
        Keyword::not_supported_yet(
            "vmac_xmit_base",
            "Adverts from the interface below the virtual MAC.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "use_ipvlan",
            "Addresses on an ipvlan interface.",
            InstanceRefused("addresses would be installed on the wrong interface"),
        ),
        Keyword::not_supported_yet(
            "native_ipv6",
            "Speaks IPv6.",
            InstanceRefused("it would speak IPv4 where the others speak IPv6"),
        ),
        Keyword::not_supported_yet(
            "strict_mode",
            "Keeps to the letter of the RFC.",
            InstanceRefused("it would follow other rules than the other routers"),
        ),
        Keyword::not_supported_yet(
            "preempt_delay",
            "How long to wait before taking over from a router of lower priority.",
            InstanceRefused("it would take over too early"),
        ),
        Keyword::only_supported_as(
            "down_timer_adverts",
            &["3"],
            "How many silent intervals mean that the Active Router is gone.",
            InstanceRefused("it would take over at another time than asked for"),
        ),
        Keyword::block_not_supported_yet(
            "track_process",
            "Processes that take the router down or change its priority.",
            Lines,
            InstanceRefused("it would claim addresses when it must not"),
        ),
        Keyword::block_not_supported_yet(
            "track_file",
            "Files that take the router down or change its priority.",
            Lines,
            InstanceRefused("it would claim addresses when it must not"),
        ),
        Keyword::block_not_supported_yet(
            "track_bfd",
            "BFD sessions that take the router down or change its priority.",
            Lines,
            InstanceRefused("it would claim addresses when it must not"),
        ),
        Keyword::not_supported_yet(
            "track_src_ip",
            "A missing source address is a fault.",
            InstanceRefused("it would claim addresses when it must not"),
        ),
        Keyword::not_supported_yet(
            "dont_track_primary",
            "Goes on when its own link is down.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "owner_ignore_adverts",
            "The owner of the addresses hears nobody.",
            InstanceRefused("it would listen where it must not"),
        ),
        Keyword::not_supported_yet(
            "higher_prio_send_advert",
            "One more advert when a better router speaks.",
            InstanceRefused("an advert that the others expect would be missing"),
        ),
        Keyword::not_supported_yet(
            "lower_prio_no_advert",
            "No advert when a lesser router speaks.",
            InstanceRefused("it would send adverts that it must not send"),
        ),
        Keyword::not_supported_yet(
            "timer_expired_backup",
            "Gives up after it was asleep.",
            InstanceRefused("it would stay Active when it must not"),
        ),
        Keyword::renamed("thread_timer_expired", "timer_expired_backup"),
        Keyword::accepted_without_effect("accept", "Packets to the addresses are always accepted."),
        Keyword::not_supported_yet("no_accept", "Refuses packets to the addresses.", Ignored),
        Keyword::accepted_without_effect(
            "skip_check_adv_addr",
            "An advert with other addresses is heard and logged, never refused.",
        ),
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
        Keyword::not_supported_yet(
            "notify_deleted",
            "Runs when a reload removes the instance.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "notify_master_rx_lower_pri",
            "Runs when a lesser router speaks.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "notify_priority_changes",
            "Tells changes of the priority.",
            Ignored,
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
    ],
};

/// keepalived: a second, different `state` does not count.
fn state(instance: &mut InstanceDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    let word: Option<Word> = words.peek().cloned();
    let now = |problem: Problem| problem.now("BACKUP is used, as keepalived does");
    let choices = [
        ("MASTER", InitialState::Active),
        ("BACKUP", InitialState::Backup),
    ];
    let value = words.choice(&choices).map_err(now)?;
    let Some(word) = word else { return Ok(()) };
    if let Some(first) = instance.state.as_ref().filter(|first| first.value != value) {
        return Err(Problem::warning("is given twice")
            .at(&word, "second")
            .also(first.span.clone(), "first")
            .now("the first one counts, as in keepalived"));
    }
    instance.state = Some(Located {
        value,
        span: word.span,
    });
    Ok(())
}

/// keepalived: of two scripts for one occasion the first counts.
fn once(slot: &mut Option<ScriptCommand>, words: &mut Words<'_>) -> Result<(), Problem> {
    let command = script::command(words)?;
    if let Some(first) = slot {
        return Err(Problem::warning("is given twice")
            .at_span(command.place.0, "second")
            .also(first.place.0.clone(), "first")
            .now("the first one counts, as in keepalived"));
    }
    *slot = Some(command);
    Ok(())
}
