//! What is known and not done.

use super::super::super::{
    draft::GlobalDraft,
    keyword::{Consequence::Ignored, Keyword},
};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
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
    Keyword::not_supported_yet(
        "disable_local_igmp",
        "Does not tell the network which group is listened to.",
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
    Keyword::not_supported_yet("vrrp_priority", "The scheduling of the daemon.", Ignored),
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
];
