//! The configurations that started this project.

use std::{net::IpAddr, time::Duration};

use super::*;
use crate::protocol::{Authentication, Priority, Version};

const MASTER: &str = include_str!("../../../../tests/seeds/master.conf");
const BACKUP: &str = include_str!("../../../../tests/seeds/backup.conf");

#[test]
fn the_seeds_mean_what_their_author_meant() {
    let config = good(MASTER);
    let global = &config.global;
    assert_eq!(global.router_id.as_deref(), Some("keepalived-192-168-0-9"));
    assert_eq!(global.mail.to, ["x@test.com"]);
    assert_eq!(global.mail.from.as_deref(), Some("alert@test.com"));
    assert_eq!(
        global.mail.server,
        Some(MailServer {
            host: "127.0.0.1".into(),
            port: 25
        })
    );
    assert_eq!(global.smtp_alert, Some(true));

    let script = &config.scripts[0];
    assert_eq!(script.command.argv, ["/etc/keepalived/check_haproxy.sh"]);
    assert_eq!(
        (script.interval, script.timeout),
        (Duration::from_secs(4), Duration::from_secs(4))
    );
    assert_eq!(
        (script.rise, script.fall, script.weight),
        (1, 1, Weight::default())
    );

    let instance = &config.instances[0];
    assert_eq!(
        (instance.name.as_str(), instance.interface.as_str()),
        ("HA_V1", "eth0")
    );
    assert_eq!((instance.vrid.get(), instance.version), (89, Version::V2));
    assert_eq!(instance.priority, Priority::new(101));
    assert_eq!(
        (instance.initial_state, instance.preempt),
        (InitialState::Backup, false)
    );
    assert_eq!(instance.advertisement_interval, Duration::from_secs(1));
    assert_eq!(instance.authentication, Authentication::password("1111"));
    assert_eq!(instance.track_scripts[0].script, "chk_haproxy");
    assert_eq!(instance.virtual_addresses, []);
    assert!(config.sends_mail_for(instance));

    let excluded: Vec<_> = instance
        .excluded_addresses
        .iter()
        .map(|address| {
            (
                address.address,
                address.prefix_length,
                address.interface.as_deref(),
            )
        })
        .collect();
    let address = |last| (IpAddr::from([192, 168, 0, last]), 32, Some("eth1"));
    assert_eq!(excluded, [address(5), address(6)]);
}

#[test]
fn the_nodes_differ_in_name_and_priority() {
    let (master, mut backup) = (good(MASTER), good(BACKUP));
    assert_eq!(backup.instances[0].priority, Priority::new(100));
    backup.instances[0].priority = Priority::new(101);
    backup.global.router_id = Some("keepalived-192-168-0-9".to_owned());
    assert_eq!(master, backup);
}
