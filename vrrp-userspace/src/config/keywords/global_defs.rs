//! `global_defs`: what concerns the whole daemon.

use std::time::Duration;

use super::{
    super::{
        draft::GlobalDraft,
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword, Table,
        },
        model::{ControlGroup, MailServer},
        script,
        source::Place,
    },
    values,
};
use crate::protocol::Family;

const SMTP_PORT: u16 = 25;
const LONGEST_TIMEOUT: Duration = Duration::from_secs(4294);

pub(super) static TABLE: Table<GlobalDraft> = Table {
    block: "global_defs",
    groups: &[&[
        Keyword {
            name: "router_id",
            usage: "router_id <name>",
            help: "How this router calls itself in mails, the host name unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.router_id = Some(words.word("a name")?.text.clone());
                Ok(())
            }),
        },
        Keyword {
            name: "notification_email",
            usage: "notification_email { <address> … }",
            help: "Who gets mails, one per line.",
            since: KEEPALIVED,
            apply: Apply::Lines(|draft, words| {
                draft
                    .global
                    .mail
                    .to
                    .extend(words.rest().iter().map(|word| word.text.clone()));
                Ok(())
            }),
        },
        Keyword {
            name: "notification_email_from",
            usage: "notification_email_from <address>",
            help: "Who sends them.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.mail.from = Some(words.word("an address")?.text.clone());
                Ok(())
            }),
        },
        Keyword {
            name: "smtp_server",
            usage: "smtp_server <name|address> [<port>]",
            help: "By which server, port 25 unless given. Without a server no mail is sent.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                let host = words.word("a name or an address")?.text.clone();
                let port = if words.peek().is_some() {
                    words.number(1..=u16::MAX)?
                } else {
                    SMTP_PORT
                };
                draft.global.mail.server = Some(MailServer { host, port });
                Ok(())
            }),
        },
        Keyword {
            name: "smtp_connect_timeout",
            usage: "smtp_connect_timeout <seconds>",
            help: "How long to wait for it, 30 unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                let range = Duration::from_secs(1)..=LONGEST_TIMEOUT;
                draft.global.mail.connect_timeout = words.seconds(range)?;
                Ok(())
            }),
        },
        Keyword {
            name: "smtp_helo_name",
            usage: "smtp_helo_name <name>",
            help: "How to greet it, with the host name unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.mail.helo_name = Some(words.word("a name")?.text.clone());
                Ok(())
            }),
        },
        Keyword {
            name: "smtp_alert",
            usage: "smtp_alert [on|off]",
            help: "Whether transitions are told by mail where an instance does not say.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.smtp_alert = Some(words.boolean()?);
                Ok(())
            }),
        },
        Keyword {
            name: "smtp_alert_vrrp",
            usage: "smtp_alert_vrrp [on|off]",
            help: "The same for VRRP alone; goes before `smtp_alert`.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.smtp_alert_vrrp = Some(words.boolean()?);
                Ok(())
            }),
        },
        Keyword {
            name: "script_user",
            usage: "script_user <user> [<group>]",
            help: "Who runs scripts that do not say. Unless given, `keepalived_script` if there is such a user, else root.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.global.script_user = Some(script::account(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "enable_script_security",
            usage: "enable_script_security",
            help: "Runs no script as root that somebody else could change.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, _| {
                draft.global.script_security = true;
                Ok(())
            }),
        },
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
            name: "xdp_mode",
            usage: "xdp_mode auto|native|generic|off",
            help: "How the XDP program is attached where an instance does not say.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|draft, words| {
                draft.global.xdp.mode = values::xdp_mode(words)?;
                Ok(())
            }),
        },
        Keyword {
            name: "xdp_valid_adverts",
            usage: "xdp_valid_adverts pass|drop",
            help: "Whether adverts that were heard go on where an instance does not say.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|draft, words| {
                draft.global.xdp.valid_adverts = values::valid_adverts(words)?;
                Ok(())
            }),
        },
        Keyword {
            name: "xdp_garp_guard",
            usage: "xdp_garp_guard alert|drop|off",
            help: "What to do about forged ARP where an instance does not say.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|draft, words| {
                draft.global.xdp.garp_guard = values::garp_guard(words)?;
                Ok(())
            }),
        },
        Keyword {
            name: "control_group",
            usage: "control_group <group>",
            help: "Whose members may ask the running daemon by `xvrrpd status` and `xvrrpd history`; `xvrrpd` unless given, if \
                   there is such a group. Root always may, and only root may change anything.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|draft, words| {
                let word = words.word("the name of a group")?;
                draft.global.control_group = Some(ControlGroup {
                    name: word.text.clone(),
                    place: Place(word.span.clone()),
                });
                Ok(())
            }),
        },
        Keyword {
            name: "metrics_listen",
            usage: "metrics_listen [<address>:]<port>",
            help: "Where Prometheus gets `/metrics` by HTTP; nowhere unless given. On 127.0.0.1 if only a port is given. Whoever \
                   reaches it can read it: there is no password and no encryption.",
            since: "xvrrpd 0.1",
            apply: Apply::Words(|draft, words| {
                draft.global.metrics_listen = Some(values::listen(words)?);
                Ok(())
            }),
        },
        // What follows is known and not done. First, what changes who is heard, what is sent or who follows whom.
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
            apply: Apply::Words(|draft, words| {
                values::down_timer_adverts(&mut draft.conduct, words)
            }),
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
        Keyword::accepted_without_effect(
            "vrrp_skip_check_adv_addr",
            "An advert with other addresses is heard and logged, never refused.",
        ),
        Keyword::not_supported_yet(
            "vrrp_strict",
            "Keeps to the letter of the RFC.",
            InstanceRefused("instances would follow other rules than the other routers"),
        ),
        Keyword::not_supported_yet(
            "vrrp_startup_delay",
            "How long to keep silent after the start.",
            InstanceRefused("instances would take over too early"),
        ),
        Keyword::not_supported_yet(
            "vrrp_delay_after_boot",
            "How long to keep silent after the machine was started.",
            InstanceRefused("instances would take over too early"),
        ),
        Keyword::not_supported_yet(
            "v3_checksum_as_v2",
            "The checksum of version 3 without addresses.",
            InstanceRefused("adverts would be refused by the others"),
        ),
        // Then, what is only missed.
        Keyword::not_supported_yet(
            "vrrp_garp_lower_prio_delay",
            "The second burst after a lesser router spoke.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_garp_lower_prio_repeat",
            "Announcements after a lesser router spoke.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_garp_interval",
            "The least time from one gratuitous ARP to the next.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_gna_interval",
            "The least time from one unsolicited advertisement of a neighbour to the next.",
            Ignored,
        ),
        Keyword::not_supported_yet("vrrp_min_garp", "Announces each address once.", Ignored),
        Keyword::not_supported_yet(
            "vrrp_garp_extra_if",
            "Gratuitous ARP on further interfaces.",
            Ignored,
        ),
        Keyword::renamed("vrrp_vmac_garp_intvl", "vrrp_garp_extra_if"),
        Keyword::not_supported_yet(
            "log_unknown_vrids",
            "Logs adverts of routers that are not configured.",
            Ignored,
        ),
        Keyword::accepted_without_effect(
            "dynamic_interfaces",
            "An interface that is missing is always waited for.",
        ),
        Keyword::not_supported_yet(
            "disable_local_igmp",
            "Does not tell the network which group is listened to.",
            Ignored,
        ),
        Keyword::not_supported_yet("vmac_prefix", "The name of macvlan interfaces.", Ignored),
        Keyword::not_supported_yet(
            "vmac_addr_prefix",
            "The name of macvlan interfaces.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "notify_fifo",
            "A pipe that transitions are written to.",
            Ignored,
        ),
        Keyword::not_supported_yet("notify_fifo_script", "A reader of that pipe.", Ignored),
        Keyword::not_supported_yet(
            "vrrp_notify_fifo",
            "A pipe that transitions are written to.",
            Ignored,
        ),
        Keyword::not_supported_yet("vrrp_notify_fifo_script", "A reader of that pipe.", Ignored),
        Keyword::not_supported_yet(
            "vrrp_notify_priority_changes",
            "Tells changes of the priority.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "fifo_write_vrrp_states_on_reload",
            "Repeats states after a reload.",
            Ignored,
        ),
        Keyword::not_supported_yet("no_email_faults", "No mail about faults.", Ignored),
        Keyword::not_supported_yet(
            "use_symlink_paths",
            "Runs a script by its symbolic link.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "set_supplementary_groups",
            "Runs a script with all groups of its user.",
            Ignored,
        ),
        Keyword::not_supported_yet("startup_script", "Runs before everything else.", Ignored),
        Keyword::not_supported_yet("startup_script_timeout", "How long it may take.", Ignored),
        Keyword::not_supported_yet("shutdown_script", "Runs after everything else.", Ignored),
        Keyword::not_supported_yet("shutdown_script_timeout", "How long it may take.", Ignored),
        Keyword::not_supported_yet("umask", "The mode of new files.", Ignored),
        Keyword::not_supported_yet("reload_time_file", "When to reload.", Ignored),
        Keyword::not_supported_yet(
            "reload_repeat",
            "Whether to reload again and again.",
            Ignored,
        ),
        Keyword::not_supported_yet("reload_file", "A file that asks for a reload.", Ignored),
        Keyword::not_supported_yet(
            "include_check",
            "How strict to be about included files.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "config_save_dir",
            "Where to keep copies of the file.",
            Ignored,
        ),
        Keyword::not_supported_yet("data_use_instance", "Names of dump files.", Ignored),
        Keyword::not_supported_yet("state_dump_file", "Where to dump the state.", Ignored),
        Keyword::not_supported_yet("stats_dump_file", "Where to dump the counters.", Ignored),
        Keyword::not_supported_yet("json_dump_file", "Where to dump everything.", Ignored),
        Keyword::not_supported_yet("json_version", "The layout of that dump.", Ignored),
        Keyword::not_supported_yet("vrrp_cpu_affinity", "On which processors to run.", Ignored),
        Keyword::not_supported_yet("vrrp_priority", "The scheduling of the daemon.", Ignored),
        Keyword::not_supported_yet("vrrp_rt_priority", "The scheduling of the daemon.", Ignored),
        Keyword::not_supported_yet("vrrp_no_swap", "Keeps the daemon in memory.", Ignored),
        Keyword::not_supported_yet("vrrp_rlimit_rttime", "A limit of real time.", Ignored),
        Keyword::renamed("vrrp_rlimit_rtime", "vrrp_rlimit_rttime"),
        Keyword::not_supported_yet(
            "vrrp_rx_bufs_policy",
            "The size of receive buffers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_rx_bufs_multiplier",
            "The size of receive buffers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_netlink_cmd_rcv_bufs",
            "The size of receive buffers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_netlink_cmd_rcv_bufs_force",
            "The size of receive buffers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_netlink_monitor_rcv_bufs",
            "The size of receive buffers.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "vrrp_netlink_monitor_rcv_bufs_force",
            "The size of receive buffers.",
            Ignored,
        ),
        // Last, what has no meaning here.
        Keyword::not_supported_yet(
            "max_auto_priority",
            "Real-time scheduling when timers run late.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "min_auto_priority_delay",
            "Real-time scheduling when timers run late.",
            Ignored,
        ),
        Keyword::accepted_without_effect(
            "reload_check_config",
            "A file is always checked before it replaces the running configuration.",
        ),
        Keyword::accepted_without_effect(
            "tmp_config_directory",
            "No temporary copy of the file is made.",
        ),
        Keyword::accepted_without_effect("random_seed", "Nothing is random."),
        Keyword::accepted_without_effect("process_names", "There are no child processes to name."),
        Keyword::accepted_without_effect("process_name", "There are no child processes to name."),
        Keyword::accepted_without_effect(
            "vrrp_process_name",
            "There are no child processes to name.",
        ),
        Keyword::accepted_without_effect(
            "checker_process_name",
            "There are no child processes to name.",
        ),
        Keyword::accepted_without_effect(
            "bfd_process_name",
            "There are no child processes to name.",
        ),
        Keyword::accepted_without_effect(
            "process_monitor_rcv_bufs",
            "Processes are not monitored.",
        ),
        Keyword::accepted_without_effect(
            "process_monitor_rcv_bufs_force",
            "Processes are not monitored.",
        ),
        Keyword::accepted_without_effect("vrrp_iptables", NO_FIREWALL),
        Keyword::accepted_without_effect("vrrp_ipsets", NO_FIREWALL),
        Keyword::accepted_without_effect("nftables", NO_FIREWALL),
        Keyword::accepted_without_effect("nftables_priority", NO_FIREWALL),
        Keyword::accepted_without_effect("nftables_ifindex", NO_FIREWALL),
        Keyword::accepted_without_effect("nftables_counters", NO_FIREWALL),
        Keyword::accepted_without_effect("iproute_usr_dir", NO_NAMES),
        Keyword::accepted_without_effect("iproute_etc_dir", NO_NAMES),
        Keyword::accepted_without_effect("snmp_socket", NO_SNMP),
        Keyword::accepted_without_effect("enable_traps", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_vrrp", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_keepalived", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_rfc", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_rfcv2", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_rfcv3", NO_SNMP),
        Keyword::accepted_without_effect("enable_snmp_checker", NO_SNMP),
        Keyword::accepted_without_effect("snmp_vs_stats_update_interval", NO_SNMP),
        Keyword::accepted_without_effect("snmp_rs_stats_update_interval", NO_SNMP),
        Keyword::accepted_without_effect("enable_dbus", NO_DBUS),
        Keyword::accepted_without_effect("dbus_service_name", NO_DBUS),
        Keyword::accepted_without_effect("dbus_no_interface_name", NO_DBUS),
        Keyword::accepted_without_effect("smtp_alert_checker", LOAD_BALANCING),
        Keyword::accepted_without_effect("no_checker_emails", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_log_all_failures", LOAD_BALANCING),
        Keyword::accepted_without_effect("rs_init_notifies", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_notify_fifo", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_notify_fifo_script", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_sync_daemon", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_flush", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_flush_on_stop", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_timeouts", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_netlink_cmd_rcv_bufs", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_netlink_cmd_rcv_bufs_force", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_netlink_monitor_rcv_bufs", LOAD_BALANCING),
        Keyword::accepted_without_effect("lvs_netlink_monitor_rcv_bufs_force", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_priority", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_rt_priority", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_cpu_affinity", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_no_swap", LOAD_BALANCING),
        Keyword::accepted_without_effect("checker_rlimit_rttime", LOAD_BALANCING),
        Keyword::accepted_without_effect("bfd_priority", NO_BFD),
        Keyword::accepted_without_effect("bfd_rt_priority", NO_BFD),
        Keyword::accepted_without_effect("bfd_cpu_affinity", NO_BFD),
        Keyword::accepted_without_effect("bfd_no_swap", NO_BFD),
        Keyword::accepted_without_effect("bfd_rlimit_rttime", NO_BFD),
    ]],
};

const NO_FIREWALL: &str = "Nothing is filtered by a firewall.";
const NO_NAMES: &str = "Names of routing tables and protocols are not looked up.";
const NO_SNMP: &str = "SNMP is not served.";
const NO_DBUS: &str = "D-Bus is not served.";
const NO_BFD: &str = "There is no BFD process.";
const LOAD_BALANCING: &str =
    "Belongs to the load balancer of keepalived, which this program does not replace.";
