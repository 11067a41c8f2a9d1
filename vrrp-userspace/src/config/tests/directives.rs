//! Lines for some routers only, and what needs a preprocessor.

use super::*;
use crate::protocol::Priority;

#[test]
fn conditions_choose_lines_and_blocks() {
    let instance = instance(
        "@lb1 priority 150\n@lb2 priority 50\n@^lb1 nopreempt\n\
         @lb2 virtual_ipaddress {\n 10.0.0.2\n}\n@xvrrpd xdp_mode native\n@^xvrrpd use_vmac",
    );
    assert_eq!(instance.priority, Priority::new(150));
    assert!(instance.preempt);
    assert_eq!(instance.virtual_addresses, []);
    assert_eq!(instance.xdp.mode, XdpMode::Native);
}

#[test]
fn a_whole_instance_can_be_for_another_router() {
    let (config, _) = load_text(&format!(
        "@lb2 vrrp_instance OTHER {{\n bogus\n}}\n@lb1 {}",
        complete("priority 9")
    ));
    assert_eq!(config.instances.len(), 1);
    assert_eq!(config.refused, []);
}

#[test]
fn an_instance_with_a_variable_does_not_start() {
    let (config, diagnostics) = load_text(&format!(
        "$PRIO=150\n{}",
        complete("priority $PRIO\nadvert_int 1")
    ));
    assert_eq!(config.instances, []);
    assert_eq!(
        said(&diagnostics),
        [
            "error: defining variables is not supported yet; the variable has no value",
            "error: using variables is not supported yet; the instance does not start",
        ]
    );
}

#[test]
fn a_script_with_a_variable_cannot_be_tracked() {
    let (config, diagnostics) = load_text(&format!(
        "vrrp_script a {{\n script \"/bin/x ${{_INSTANCE}}\"\n}}\n{}",
        complete("track_script { a }")
    ));
    assert_eq!(config.instances, []);
    assert_eq!(config.refused[0].reason, "the script `a` cannot be read");
    assert_eq!(diagnostics.len(), 2);
}

#[test]
fn what_is_not_read_is_not_guessed() {
    for line in [
        "include /etc/keepalived/conf.d/*.conf",
        "~SEQ(i, 1, 3) vrrp_script x$i {\n}",
    ] {
        let (config, diagnostics) = load_text(&format!("{line}\n{}", complete("")));
        assert_eq!(config.instances, []);
        assert_eq!(diagnostics.len(), 1, "{:?}", said(&diagnostics));
        assert!(said(&diagnostics)[0].contains("is not supported yet; no instance starts"));
    }
}

/// keepalived leaves them in the text, and so does every shell script that is quoted here.
#[test]
fn unknown_variables_are_text() {
    let instance = instance("notify \"/x/y $HOME ${FOO}\"");
    assert_eq!(
        instance.notify.any.unwrap().argv,
        ["/x/y", "$HOME", "${FOO}"]
    );
}
