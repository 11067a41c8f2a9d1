//! `vrrp_script`, the instances that track it, and the scripts of transitions.

use std::time::Duration;

use super::*;

#[test]
fn a_script_has_settings_of_its_own() {
    let config = good(&format!(
        "vrrp_script chk {{\n script \"/bin/x -a 'b c'\"\n interval 0.5\n timeout 2\n weight -20 reverse\n \
         rise 2\n fall 3\n user nobody nogroup\n init_fail\n}}\n{}",
        complete("")
    ));
    let script = config.script("chk").unwrap();
    assert_eq!(script.command.argv, ["/bin/x", "-a", "b c"]);
    assert_eq!(script.command.user.as_deref(), Some("nobody"));
    assert_eq!(script.command.group.as_deref(), Some("nogroup"));
    let (interval, timeout) = (Duration::from_millis(500), Duration::from_secs(2));
    assert_eq!((script.interval, script.timeout), (interval, timeout));
    assert_eq!(
        script.weight,
        Weight {
            value: -20,
            reverse: true
        }
    );
    assert_eq!(
        (script.rise, script.fall, script.starts_failed),
        (2, 3, true)
    );
}

#[test]
fn scripts_may_be_defined_behind_their_use() {
    let config = good(&format!(
        "{}vrrp_script a {{ script /bin/a\n weight 5 }}\nvrrp_script b {{ script /bin/b\n}}\n\
         vrrp_script c {{ script /bin/c\n}}",
        complete("track_script {\n a\n b weight -9\n c weight 3 reverse\n}")
    ));
    let weights: Vec<_> = config.instances[0]
        .track_scripts
        .iter()
        .map(|tracked| {
            (
                tracked.script.as_str(),
                tracked.weight.value,
                tracked.weight.reverse,
            )
        })
        .collect();
    assert_eq!(weights, [("a", 5, false), ("b", -9, false), ("c", 3, true)]);
}

#[test]
fn an_unknown_script_is_not_tracked() {
    let (config, diagnostics) = load_text(&format!(
        "vrrp_script chk_haproxy {{ script /bin/a\n }}\n{}",
        complete("track_script {\n chk_haprxy\n chk_haproxy weight 999\n chk_haproxy\n}")
    ));
    assert_eq!(config.instances[0].track_scripts.len(), 1);
    assert_eq!(
        said(&diagnostics),
        [
            "error: there is no script `chk_haprxy`; it is not tracked, as in keepalived (did you mean `chk_haproxy`?)",
            "error: `track_script` must be between -253 and 253; the weight of the script is used",
            "warning: the script `chk_haproxy` is tracked twice; the first line counts",
        ]
    );
}

#[test]
fn a_script_without_a_command_cannot_be_tracked() {
    let (config, diagnostics) = load_text(&format!(
        "vrrp_script a {{\n}}\n{}",
        complete("track_script { a }")
    ));
    assert_eq!(config.scripts, []);
    assert_eq!(config.instances[0].track_scripts, []);
    assert_eq!(diagnostics.len(), 2);
}

#[test]
fn of_two_notify_scripts_the_first_counts() {
    let (instance, said) = instance_despite(
        "notify_master \"/x/m 1\" root\nnotify_master /x/n\nnotify /x/any\nnotify_stop /x/s\n\
         notify_fault /x/f\nnotify_backup /x/b",
    );
    assert_eq!(instance.notify.master.as_ref().unwrap().argv, ["/x/m", "1"]);
    assert_eq!(instance.notify.commands().count(), 5);
    assert_eq!(
        said,
        ["warning: `notify_master` is given twice; the first one counts, as in keepalived"]
    );
}

#[test]
fn an_instance_decides_about_mail_before_the_global_block() {
    let mails = |global: &str, own: &str| {
        let config = good(&format!("global_defs {{\n{global}\n}}\n{}", complete(own)));
        config.sends_mail_for(&config.instances[0])
    };
    assert!(!mails("", ""));
    assert!(mails("smtp_alert", ""));
    assert!(!mails("smtp_alert on", "smtp_alert off"));
    assert!(!mails("smtp_alert\nsmtp_alert_vrrp no", ""));
    assert!(mails("", "smtp_alert"));
}
