//! The whole way of a file. A configuration stands beside what is expected of it.

mod addresses;
mod defaults;
mod directives;
mod host;
mod properties;
mod reach;
mod refusals;
mod scripts;
mod seeds;
mod strict;
mod surface;
mod sync_groups;
mod virtual_mac;

use super::*;

const NAME: &str = "keepalived.conf";

fn load_text(text: &str) -> (Config, Vec<Diagnostic>) {
    let options = LoadOptions {
        config_id: Some("lb1".to_owned()),
    };
    load(&MapSource::single(NAME, text), NAME, &options)
}

/// The configuration of a text that is beyond reproach.
#[track_caller]
fn good(text: &str) -> Config {
    let (config, diagnostics) = load_text(text);
    assert_eq!(said(&diagnostics), [""; 0]);
    config
}

/// The only instance of a text that is beyond reproach; `body` stands inside it.
#[track_caller]
fn instance(body: &str) -> Instance {
    let mut config = good(&complete(body));
    assert_eq!(config.instances.len(), 1);
    config.instances.remove(0)
}

/// The only instance, and what was said about it.
#[track_caller]
fn instance_despite(body: &str) -> (Instance, Vec<String>) {
    let (mut config, diagnostics) = load_text(&complete(body));
    assert_eq!(config.instances.len(), 1, "{:?}", said(&diagnostics));
    (config.instances.remove(0), said(&diagnostics))
}

/// Why the only instance does not start.
#[track_caller]
fn refusal(body: &str) -> String {
    let (config, diagnostics) = load_text(&complete(body));
    assert_eq!(config.instances, []);
    assert_eq!(config.refused.len(), 1);
    assert!(
        diagnostics
            .iter()
            .any(|one| one.severity == Severity::Error),
        "{diagnostics:?}"
    );
    config.refused[0].reason.clone()
}

fn complete(body: &str) -> String {
    format!("vrrp_instance VI_1 {{\ninterface eth0\nvirtual_router_id 51\n{body}\n}}\n")
}

/// One line per diagnostic, without the place.
fn said(diagnostics: &[Diagnostic]) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| {
        let concise = diagnostic.concise();
        concise
            .split_once(": ")
            .map_or(concise.clone(), |(_, said)| said.to_owned())
    };
    diagnostics.iter().map(line).collect()
}
