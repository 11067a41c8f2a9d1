use std::collections::BTreeSet;

use super::*;

#[test]
fn no_keyword_stands_twice_in_a_block() {
    let mut seen = BTreeSet::new();
    for row in all() {
        assert!(
            seen.insert((row.block, row.name)),
            "{} in `{}`",
            row.name,
            row.block
        );
    }
}

#[test]
fn a_usage_begins_with_the_name() {
    for row in all() {
        let words = row.usage.split(' ').next();
        assert_eq!(words, Some(row.name));
    }
}

#[test]
fn help_is_sentences() {
    for row in all() {
        assert!(row.help.ends_with('.'), "{}", row.name);
        let first = row.help.chars().next();
        assert!(
            first.is_some_and(|first| first.is_uppercase() || first.is_ascii_digit()),
            "{}",
            row.name
        );
        assert!(!row.since.is_empty(), "{}", row.name);
    }
}

#[test]
fn a_new_name_is_a_name() {
    for row in all() {
        if let Support::Renamed(new) = row.support {
            assert!(
                all()
                    .iter()
                    .any(|other| other.block == row.block && other.name == new)
            );
        }
    }
}

/// keepalived: the keywords of its parsers, block by block.
const KEEPALIVED: [(&str, &str); 10] = [
    (
        "",
        "global_defs vrrp_instance vrrp_script vrrp_sync_group vrrp_track_process track_file vrrp_track_file \
         track_group static_ipaddress static_routes static_rules garp_group interface_up_down_delays \
         linkbeat_interfaces linkbeat_use_polling bfd_instance net_namespace net_namespace_ipvs \
         namespace_with_ipsets instance use_pid_dir child_wait_time virtual_server virtual_server_group SSL",
    ),
    (
        "global_defs",
        "router_id notification_email notification_email_from smtp_server smtp_connect_timeout smtp_helo_name \
         smtp_alert smtp_alert_vrrp smtp_alert_checker no_email_faults script_user enable_script_security \
         use_symlink_paths set_supplementary_groups startup_script startup_script_timeout shutdown_script \
         shutdown_script_timeout notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script \
         vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload lvs_notify_fifo lvs_notify_fifo_script \
         vrrp_version vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_master_delay vrrp_garp_master_repeat \
         vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay \
         vrrp_garp_lower_prio_repeat vrrp_garp_interval vrrp_gna_interval vrrp_min_garp vrrp_garp_extra_if \
         vrrp_vmac_garp_intvl vrrp_down_timer_adverts vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert \
         vrrp_owner_ignore_adverts vrrp_check_unicast_src vrrp_skip_check_adv_addr vrrp_strict \
         vrrp_startup_delay vrrp_delay_after_boot v3_checksum_as_v2 log_unknown_vrids default_interface \
         dynamic_interfaces disable_local_igmp vmac_prefix vmac_addr_prefix vrrp_iptables vrrp_ipsets nftables \
         nftables_priority nftables_ifindex nftables_counters lvs_sync_daemon lvs_flush lvs_flush_on_stop \
         lvs_timeouts max_auto_priority min_auto_priority_delay vrrp_priority vrrp_rt_priority vrrp_no_swap \
         vrrp_cpu_affinity vrrp_rlimit_rttime vrrp_rlimit_rtime vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier \
         vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs \
         vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs process_monitor_rcv_bufs_force \
         process_names process_name vrrp_process_name checker_process_name bfd_process_name umask random_seed \
         reload_check_config reload_time_file reload_repeat reload_file include_check config_save_dir \
         tmp_config_directory data_use_instance state_dump_file stats_dump_file json_dump_file json_version \
         iproute_usr_dir iproute_etc_dir snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived \
         enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_checker snmp_vs_stats_update_interval \
         snmp_rs_stats_update_interval enable_dbus dbus_service_name dbus_no_interface_name checker_priority \
         checker_rt_priority checker_cpu_affinity checker_no_swap checker_rlimit_rttime bfd_priority \
         bfd_rt_priority bfd_cpu_affinity bfd_no_swap bfd_rlimit_rttime rs_init_notifies no_checker_emails \
         checker_log_all_failures",
    ),
    (
        "vrrp_instance",
        "state interface virtual_router_id priority advert_int authentication auth_hmac virtual_ipaddress \
         virtual_ipaddress_excluded no_virtual_ipaddress virtual_routes virtual_rules track_interface \
         track_script track_process track_file track_bfd dont_track_primary track_src_ip nopreempt preempt \
         preempt_delay version unicast_src_ip unicast_peer mcast_src_ip mcast_dst_ip unicast_ttl \
         unicast_fault_no_peer check_unicast_src old_unicast_checksum v3_checksum_as_v2 vrf use_vmac \
         use_vmac_addr vmac_xmit_base use_ipvlan native_ipv6 promote_secondaries garp_master_delay \
         garp_master_repeat garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay \
         garp_lower_prio_repeat garp_extra_if vmac_garp_intvl down_timer_adverts lower_prio_no_advert \
         higher_prio_send_advert owner_ignore_adverts skip_check_adv_addr strict_mode timer_expired_backup \
         thread_timer_expired accept no_accept notify_master notify_backup notify_fault notify_stop \
         notify_deleted notify notify_master_rx_lower_pri notify_priority_changes smtp_alert \
         kernel_rx_buf_size debug linkbeat_use_polling lvs_sync_daemon_interface",
    ),
    ("authentication", "auth_type auth_pass"),
    ("auth_hmac", "key active_key anti_replay time_window mode"),
    (
        "vrrp_sync_group",
        "group track_interface track_script track_file track_process track_bfd notify_master notify_backup \
         notify_fault notify_stop notify smtp_alert sync_group_tracking_weight global_tracking \
         notify_priority_changes",
    ),
    (
        "vrrp_script",
        "script interval timeout weight rise fall user init_fail",
    ),
    (
        "vrrp_track_process",
        "process param_match full_command weight quorum quorum_max delay fork_delay terminate_delay",
    ),
    ("track_file", "file weight init_file"),
    (
        "bfd_instance",
        "neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops \
         multihop weight vrrp checker",
    ),
];

#[test]
fn every_keyword_of_keepalived_is_known() {
    let known: BTreeSet<_> = all().into_iter().map(|row| (row.block, row.name)).collect();
    for (block, names) in KEEPALIVED {
        for name in names.split_whitespace() {
            assert!(known.contains(&(block, name)), "{name} in `{block}`");
        }
    }
}

/// A row that keepalived does not have is ours, and says so.
#[test]
fn every_other_keyword_is_ours() {
    let listed = |row: &Row| {
        KEEPALIVED.iter().any(|(block, names)| {
            *block == row.block && names.split_whitespace().any(|name| name == row.name)
        })
    };
    let small = ["track_group", "garp_group"];
    for row in all()
        .iter()
        .filter(|row| !listed(row) && !small.contains(&row.block))
    {
        let is_ours = row.since.starts_with("xvrrpd");
        assert!(
            is_ours || row.name.starts_with("lvs_netlink"),
            "{}",
            row.name
        );
    }
}

#[test]
fn blocks_are_known_where_they_stand() {
    assert_eq!(Tables.opens(None, "vrrp_instance"), Some(Content::Keywords));
    assert_eq!(
        Tables.opens(Some("vrrp_instance"), "track_script"),
        Some(Content::Lines)
    );
    assert_eq!(Tables.opens(Some("vrrp_instance"), "priority"), None);
    assert_eq!(Tables.opens(None, "virtual_server"), None);
    assert_eq!(
        Tables.opens(None, "vrrp_track_file"),
        Some(Content::Keywords)
    );
}
