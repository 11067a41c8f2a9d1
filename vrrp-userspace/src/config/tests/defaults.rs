//! What is filled in, and what is corrected.

use std::time::Duration;

use super::*;
use crate::protocol::{Authentication, Conduct, Priority, Version};

/// C070+
#[test]
fn an_instance_needs_little() {
    let instance = instance("");
    assert_eq!(
        (instance.version, instance.priority),
        (Version::V2, Priority::DEFAULT)
    );
    assert_eq!(
        (instance.initial_state, instance.preempt),
        (InitialState::Backup, true)
    );
    assert_eq!(instance.advertisement_interval, Duration::from_secs(1));
    assert_eq!(instance.authentication, Authentication::None);
    assert_eq!(instance.garp, GarpSchedule::default());
    assert_eq!(instance.xdp, XdpSettings::default());
    assert_eq!(
        (instance.notify, instance.smtp_alert),
        (Notify::default(), None)
    );
}

#[test]
fn global_defaults_hold_wherever_they_stand() {
    let config = good(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n garp_master_repeat 2\n \
         xdp_garp_guard off\n virtual_ipaddress { 10.0.0.1 }\n }\n \
         global_defs {\n vrrp_version 3\n vrrp_garp_master_delay 0\n vrrp_garp_master_repeat 3\n \
         vrrp_garp_master_refresh 60\n vrrp_garp_master_refresh_repeat 2\n xdp_mode generic\n \
         xdp_garp_guard drop\n xdp_valid_adverts drop\n }\n",
    );
    let instance = &config.instances[0];
    assert_eq!(instance.version, Version::V3);
    let refresh = Duration::from_secs(60);
    let delay = Duration::ZERO;
    assert_eq!(
        instance.garp,
        GarpSchedule {
            delay,
            repeat: 2,
            refresh,
            refresh_repeat: 2
        }
    );
    let xdp = XdpSettings {
        mode: XdpMode::Generic,
        valid_adverts: ValidAdverts::Drop,
        garp_guard: GarpGuard::Off,
    };
    assert_eq!(instance.xdp, xdp);
}

#[test]
fn metrics_are_for_this_host_unless_an_address_says_otherwise() {
    let listening = |words: &str| {
        let text = format!(
            "global_defs {{\n metrics_listen {words}\n}}\n{}",
            complete("")
        );
        let (config, diagnostics) = load_text(&text);
        (config.global.metrics_listen, said(&diagnostics))
    };
    for (words, address) in [
        ("9650", "127.0.0.1:9650"),
        ("127.0.0.2:9650", "127.0.0.2:9650"),
        ("[::1]:9650", "[::1]:9650"),
    ] {
        assert_eq!(listening(words), (Some(address.parse().unwrap()), vec![]));
    }
    assert_eq!(good(&complete("")).global.metrics_listen, None);
    let (address, said) = listening("10.0.0.1:9650");
    assert_eq!(address, Some("10.0.0.1:9650".parse().unwrap()));
    assert_eq!(
        said,
        [
            "warning: `metrics_listen` lets everybody read who reaches this address; it listens there, without password and \
             encryption (metrics_listen 9650, and a proxy that asks who it is)"
        ]
    );
    for words in [
        "0",
        "65536",
        "localhost",
        "localhost:9650",
        "10.0.0.1",
        "::1:x",
        "10.0.0.1:0",
    ] {
        let (address, said) = listening(words);
        assert_eq!((address, said.len()), (None, 1), "{words}: {said:?}");
    }
}

#[test]
fn several_global_blocks_add_up_and_the_last_value_wins() {
    let (config, _) = load_text(
        "global_defs { router_id a\n smtp_alert }\nglobal_defs { router_id b\n script_user x y }\n\
         global_defs {\n default_interface eth7\n }\nvrrp_instance A { virtual_router_id 1 }",
    );
    assert_eq!(config.global.router_id.as_deref(), Some("b"));
    assert_eq!(config.global.smtp_alert, Some(true));
    let account = Account {
        user: "x".into(),
        group: Some("y".into()),
    };
    assert_eq!(config.global.script_user, Some(account));
}

/// keepalived: master of nobody's addresses still owns them if it says so and nothing else.
#[test]
fn priority_and_state_follow_from_each_other() {
    let (instance, said) = instance_despite("state MASTER");
    assert_eq!(instance.priority, Priority::OWNER);
    assert_eq!(
        said,
        ["note: `state MASTER` without a priority means 255 (write `priority 100`)"]
    );
    assert_eq!(
        super::instance("priority 255").initial_state,
        InitialState::Active
    );
    assert_eq!(
        super::instance("state BACKUP\npriority 255").initial_state,
        InitialState::Backup
    );
}

#[test]
fn the_first_state_counts() {
    let (instance, said) = instance_despite("priority 9\nstate BACKUP\nstate MASTER");
    assert_eq!(instance.initial_state, InitialState::Backup);
    assert_eq!(said.len(), 1);
    let (instance, said) = instance_despite("priority 9\nstate master");
    assert_eq!(instance.initial_state, InitialState::Backup);
    assert_eq!(
        said,
        ["error: `state` is `MASTER` or `BACKUP`; BACKUP is used, as keepalived does"]
    );
}

#[test]
fn nopreempt_goes_neither_with_master_nor_with_the_owner() {
    for body in [
        "state MASTER\npriority 100\nnopreempt",
        "priority 255\nnopreempt",
    ] {
        let (instance, said) = instance_despite(body);
        assert!(instance.preempt);
        assert_eq!(said.len(), 1, "{said:?}");
    }
    assert!(!instance("nopreempt\nstate BACKUP").preempt);
    assert!(instance("nopreempt\npreempt").preempt);
}

#[test]
fn an_instance_may_conduct_itself_as_it_says_or_as_all_do() {
    assert_eq!(instance("").conduct, Conduct::default());
    let own = "preempt_delay 2.5\ndown_timer_adverts 5\nlower_prio_no_advert\nhigher_prio_send_advert\n\
               owner_ignore_adverts";
    let own = instance(own).conduct;
    let expected = Conduct {
        silent_intervals: 5,
        preempt_delay: Duration::from_millis(2500),
        answers_lower: false,
        answers_higher: true,
        owner_listens: false,
        ..Conduct::default()
    };
    assert_eq!(own, expected);

    let config = good(
        "global_defs {\n vrrp_down_timer_adverts 4\n vrrp_lower_prio_no_advert\n vrrp_higher_prio_send_advert on\n \
         vrrp_owner_ignore_adverts\n }\n \
         vrrp_instance A {\n interface eth0\n virtual_router_id 1\n }\n \
         vrrp_instance B {\n interface eth0\n virtual_router_id 2\n down_timer_adverts 2\n lower_prio_no_advert off\n }\n",
    );
    let [a, b] = &config.instances[..] else {
        panic!("two instances: {config:?}");
    };
    let global = Conduct {
        silent_intervals: 4,
        preempt_delay: Duration::ZERO,
        ..expected
    };
    assert_eq!(a.conduct, global);
    let own = Conduct {
        silent_intervals: 2,
        answers_lower: true,
        ..global
    };
    assert_eq!(b.conduct, own);
}

#[test]
fn a_preempt_delay_needs_somebody_who_waits_to_preempt() {
    for (body, with) in [
        ("priority 255", "priority 255"),
        ("state MASTER\npriority 100", "`state MASTER`"),
        ("nopreempt", "`nopreempt`"),
    ] {
        let (instance, said) = instance_despite(&format!("{body}\npreempt_delay 5"));
        assert!(instance.conduct.preempt_delay.is_zero());
        let expected = format!("`preempt_delay` does not go with {with}");
        assert!(said[0].contains(&expected), "{said:?}");
    }
    let (instance, said) = instance_despite("preempt_delay 1001");
    assert!(instance.conduct.preempt_delay.is_zero());
    assert!(
        said[0].contains("must be between 0 and 1000 seconds"),
        "{said:?}"
    );
}

/// C076+ C171-
#[test]
fn an_interval_is_what_the_wire_can_carry() {
    let interval = |body: &str| {
        let (instance, said) =
            instance_despite(&format!("{body}\nvirtual_ipaddress {{ 10.0.0.1 }}"));
        (instance.advertisement_interval.as_millis(), said.len())
    };
    assert_eq!(interval("advert_int 5"), (5000, 0));
    assert_eq!(interval("advert_int 0.5"), (1000, 1));
    assert_eq!(interval("advert_int 1.5"), (2000, 1));
    assert_eq!(interval("advert_int 1.4"), (1000, 1));
    assert_eq!(interval("version 3\nadvert_int 0.1"), (100, 0));
    assert_eq!(interval("version 3\nadvert_int 0.015"), (20, 1));
    assert_eq!(interval("version 3\nadvert_int 60"), (40_950, 1));
    assert_eq!(interval("advert_int 0"), (1000, 1));
    assert_eq!(interval("advert_int 256"), (1000, 1));
    assert_eq!(interval("advert_int 1s"), (1000, 1));
}

#[test]
fn half_an_authentication_is_none() {
    let authentication = |body: &str| {
        let (instance, said) = instance_despite(body);
        (instance.authentication, said)
    };
    let (kind, said) = authentication("authentication { auth_type PASS auth_pass abc }");
    assert_eq!(kind, Authentication::None);
    assert_eq!(
        said,
        [
            "warning: there is no `auth_pass`; there is no authentication, as in keepalived (write `auth_pass` on a line \
         of its own)",
            "warning: `auth_type` takes no more words; it is ignored, as keepalived does (write `auth_pass` on a line of its own)",
        ]
    );
    assert_eq!(
        authentication("authentication { auth_pass abc\n}").0,
        Authentication::None
    );
    assert_eq!(
        authentication("authentication {\n}"),
        (Authentication::None, vec![])
    );
}

/// C163-
#[test]
fn a_password_is_cut_and_never_shown() {
    let text = complete("authentication {\n auth_type PASS\n auth_pass hunter2hunter2\n}");
    let (config, diagnostics) = load_text(&text);
    assert_eq!(
        config.instances[0].authentication,
        Authentication::password("hunter2h")
    );
    assert_eq!(diagnostics.len(), 1);
    assert!(!diagnostics[0].full(false).contains("hunter"));
    assert!(!diagnostics[0].concise().contains("hunter"));
}

#[test]
fn version_3_has_no_authentication() {
    let (instance, said) = instance_despite(
        "version 3\nvirtual_ipaddress { 10.0.0.1 }\nauthentication {\n auth_type PASS\n auth_pass x\n}",
    );
    assert_eq!(instance.authentication, Authentication::None);
    assert_eq!(
        said,
        ["warning: version 3 has no authentication; it is ignored, as keepalived does"]
    );
}

#[test]
fn a_wrong_value_leaves_the_default() {
    let (instance, said) = instance_despite("priority 300\ngarp_master_repeat x\nsmtp_alert maybe");
    assert_eq!(instance.priority, Priority::DEFAULT);
    assert_eq!((instance.garp.repeat, instance.smtp_alert), (5, None));
    assert_eq!(
        said,
        [
            "error: `priority` must be between 1 and 255; 100 is used, as keepalived does (255 is for the router that \
         owns the addresses; others use 1 to 254)",
            "error: `garp_master_repeat` needs a number; it is ignored",
            "error: `smtp_alert` is `on` or `off`; it is ignored",
        ]
    );
}

/// keepalived exits; a router less is worse than a default more.
#[test]
fn a_missing_value_leaves_the_default() {
    let (instance, said) = instance_despite("advert_int\npriority\nnotify");
    assert_eq!(instance.advertisement_interval, Duration::from_secs(1));
    assert_eq!(said.len(), 3, "{said:?}");
}

/// keepalived refuses such a priority, and takes such a repeat for its number.
#[test]
fn garbage_behind_a_number() {
    let (instance, said) = instance_despite("priority 99abc\ngarp_master_repeat 7x");
    assert_eq!(
        (instance.priority, instance.garp.repeat),
        (Priority::DEFAULT, 7)
    );
    assert_eq!(
        said[1],
        "warning: `garp_master_repeat` has something behind its number; 7 is used"
    );
}
