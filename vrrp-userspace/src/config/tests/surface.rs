//! Files as people write them.

use super::*;

#[test]
fn carriage_returns_tabs_and_braces_anywhere() {
    let text = "vrrp_instance\tVI_1\r\n{\r\n\tinterface eth0!x\r\n\tvirtual_router_id 51#y\r\n\
                \ttrack_script\t{ chk }\r\n virtual_ipaddress{10.0.0.1}}vrrp_script chk{script /bin/a\r\n}\r\n";
    let config = good(text);
    assert_eq!(config.instances[0].interface, "eth0");
    assert_eq!(config.instances[0].virtual_addresses.len(), 1);
    assert_eq!(config.instances[0].track_scripts.len(), 1);
}

#[test]
fn an_unknown_word_costs_its_line() {
    let (_, said) = instance_despite("advert_intervall 1\nrouter_id x\ngateway 10.0.0.1");
    assert_eq!(
        said,
        [
            "warning: unknown keyword `advert_intervall` in `vrrp_instance VI_1`; the line is ignored (did you mean \
         `advert_int`?)",
            "warning: unknown keyword `router_id` in `vrrp_instance VI_1`; the line is ignored (`router_id` belongs in \
         `global_defs`)",
            "warning: unknown keyword `gateway` in `vrrp_instance VI_1`; the line is ignored",
        ]
    );
}

/// keepalived cuts the instance short at the end of the inner block.
#[test]
fn an_unknown_block_costs_its_lines() {
    let (instance, said) = instance_despite("vrrp_track_file x {\n priority 1\n}\nnopreempt");
    assert!(!instance.preempt);
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_missing_brace_costs_a_line() {
    let (config, diagnostics) = load_text(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n authentication {\n auth_type PASS\n \
         auth_pass x\n virtual_ipaddress {\n 10.0.0.1\n }\n\
         vrrp_instance B {\n interface eth0\n virtual_router_id 2\n}\n",
    );
    assert_eq!(config.instances.len(), 2);
    assert_eq!(config.instances[0].virtual_addresses.len(), 1);
    assert_eq!(
        said(&diagnostics),
        [
            "error: a `}` is missing at the end of `vrrp_instance`; the block is used",
            "error: a `}` is missing at the end of `authentication`; the block is used",
        ]
    );
}

#[test]
fn load_balancing_is_skipped_with_one_line_for_each_kind() {
    let (config, diagnostics) = load_text(&format!(
        "{}virtual_server 10.0.0.1 80 {{\n real_server 10.0.0.2 80 {{\n TCP_CHECK {{ connect_port 80 }}\n }}\n}}\n\
         virtual_server 10.0.0.1 443 {{\n weight 1\n}}\nvirtual_server_group G {{ 10.0.0.9 80\n}}",
        complete("")
    ));
    assert_eq!(config.instances.len(), 1);
    let notes = said(&diagnostics);
    assert_eq!(notes.len(), 2);
    assert!(
        notes[0].starts_with("note: 2 times `virtual_server` is skipped"),
        "{notes:?}"
    );
    assert_eq!(exit_code(&config, &diagnostics), 0);
}

#[test]
fn other_encodings_may_stand_in_comments() {
    let options = LoadOptions::default();
    let load_bytes = |bytes: Vec<u8>| load(&MapSource::single(NAME, bytes), NAME, &options);
    let mut text = complete("").into_bytes();
    text.extend(b"# gr\xfc\xdfe\n");
    let (config, diagnostics) = load_bytes(text.clone());
    assert_eq!((config.instances.len(), diagnostics.len()), (1, 0));

    text.extend(b"global_defs {\n router_id gr\xfc\xdfe\n}\n");
    let (_, diagnostics) = load_bytes(text);
    assert_eq!(
        said(&diagnostics),
        ["error: a word is not UTF-8; what could not be read is replaced"]
    );
}

#[test]
fn a_file_without_instances_has_nothing_to_do() {
    let (config, diagnostics) = load_text("global_defs {\n}\n");
    assert_eq!(exit_code(&config, &diagnostics), 4);
    assert!(said(&diagnostics)[0].starts_with("error: no instance is configured"));
    let (config, diagnostics) = load(&MapSource::default(), NAME, &LoadOptions::default());
    assert_eq!(said(&diagnostics), ["error: the file does not exist"]);
    assert_eq!(exit_code(&config, &diagnostics), 4);
}

#[test]
fn where_something_stands_is_not_what_it_means() {
    let text = complete("priority 7\nnotify /x/y\nvirtual_ipaddress { 10.0.0.1 }");
    assert_eq!(good(&text), good(&format!("# a comment\n\n{text}")));
}
