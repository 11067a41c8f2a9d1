//! What has no meaning here, or nothing needs to be done about.

use super::super::super::{draft::GlobalDraft, keyword::Keyword};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword::accepted_without_effect(
        "dynamic_interfaces",
        "An interface that is missing is always waited for.",
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
    Keyword::accepted_without_effect("vrrp_process_name", "There are no child processes to name."),
    Keyword::accepted_without_effect(
        "checker_process_name",
        "There are no child processes to name.",
    ),
    Keyword::accepted_without_effect("bfd_process_name", "There are no child processes to name."),
    Keyword::accepted_without_effect("process_monitor_rcv_bufs", "Processes are not monitored."),
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
];

const NO_FIREWALL: &str = "What `no_accept` asks for is done by nftables, in a table of our own.";
const NO_NAMES: &str = "Names of routing tables and protocols are not looked up.";
const NO_SNMP: &str = "SNMP is not served.";
const NO_DBUS: &str = "D-Bus is not served.";
const NO_BFD: &str = "There is no BFD process.";
const LOAD_BALANCING: &str =
    "Belongs to the load balancer of keepalived, which this program does not replace.";
