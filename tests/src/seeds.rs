//! The two nodes that started this project: their files, byte for byte, and what follows from them.

use std::net::Ipv4Addr;
use std::time::Duration;

/// The file of the node of priority 101.
pub const MASTER_CONF: &str = include_str!("../seeds/master.conf");
/// The file of the node of priority 100.
pub const BACKUP_CONF: &str = include_str!("../seeds/backup.conf");
/// The script both nodes track.
pub const CHECK_SCRIPT: &str = include_str!("../seeds/check_haproxy.sh");

/// The instance both files configure.
pub const INSTANCE: &str = "HA_V1";
/// Its VRID.
pub const VRID: u8 = 89;
/// Its password, as the wire carries it.
pub const PASSWORD: [u8; 8] = *b"1111\0\0\0\0";
/// The addresses that follow the Active node, both on its second interface.
pub const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 168, 0, 5), Ipv4Addr::new(192, 168, 0, 6)];
/// How often the Active node speaks.
pub const ADVERTISEMENT_INTERVAL: Duration = Duration::from_secs(1);
/// The script's interval, the second it may sleep, and a second for the programs it runs.
pub const SCRIPT_NOTICES: Duration = Duration::from_secs(6);

/// RFC 3768's Skew_Time: the handicap of a lower priority.
#[must_use]
pub fn skew_time(priority: u8) -> Duration {
    Duration::from_secs(256 - u64::from(priority)) / 256
}

/// RFC 3768's Master_Down_Interval: the silence after which a node of this priority takes over.
#[must_use]
pub fn active_down_interval(priority: u8) -> Duration {
    3 * ADVERTISEMENT_INTERVAL + skew_time(priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_say_what_the_files_say() {
        for (file, priority) in [(MASTER_CONF, 101), (BACKUP_CONF, 100)] {
            assert!(file.contains(&format!("priority {priority}\t")));
            assert!(file.contains(&format!("vrrp_instance {INSTANCE} ")));
            assert!(file.contains(&format!("virtual_router_id {VRID}\t")));
            assert!(
                ADDRESSES
                    .iter()
                    .all(|vip| file.contains(&format!("{vip} dev eth1")))
            );
        }
    }

    #[test]
    fn the_master_seed_waits_as_long_as_was_measured_of_keepalived() {
        assert_eq!(
            active_down_interval(101),
            Duration::from_nanos(3_605_468_750)
        );
    }
}
