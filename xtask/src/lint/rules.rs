//! The rules, as a table: in which files, which names, and where to go instead.

use super::{
    Finding,
    source::{NamedPath, Source},
};

/// Names that may not stand in some files.
struct Layer {
    /// Files and folders below which the rule holds, without `.rs`: `a/b` is `a/b.rs` and `a/b/…`.
    within: &'static [&'static str],
    except: &'static [&'static str],
    paths: &'static [&'static str],
    /// What to do instead.
    instead: &'static str,
}

const DAEMON: &str = "vrrp-userspace/src";

/// What runs without a world around it.
const PURE: &[&str] = &[
    "vrrp-userspace/src/protocol",
    "vrrp-userspace/src/config",
    "vrrp-userspace/src/tracking",
    "vrrp-userspace/src/pair",
    "vrrp-ebpf/src/verdict",
    "vrrp-ebpf/src/wire",
    "vrrp-ebpf/src/abi",
];

const LAYERS: &[Layer] = &[
    Layer {
        within: PURE,
        except: &[],
        paths: &[
            "tokio",
            "rustix",
            "socket2",
            "lettre",
            "aya_log",
            "futures_util",
        ],
        instead: "decide here and return an action; `system` and `daemon` carry it out",
    },
    Layer {
        within: PURE,
        except: &[],
        paths: &["std::time::Instant", "std::time::SystemTime", "std::thread"],
        instead: "the moment comes in as `Monotonic`; only the daemon's clock reads it",
    },
    Layer {
        within: PURE,
        except: &[],
        paths: &[
            "std::fs",
            "std::process",
            "std::os",
            "std::env",
            "std::net::UdpSocket",
            "std::net::TcpStream",
            "std::net::TcpListener",
        ],
        instead: "take the text or the value as an argument; `system` reads and writes",
    },
    Layer {
        within: &["vrrp-userspace/src/protocol"],
        except: &[],
        paths: &[
            "crate::config",
            "crate::tracking",
            "crate::system",
            "crate::daemon",
            "crate::guard",
            "crate::cli",
        ],
        instead: "`protocol` knows nobody; they know it",
    },
    Layer {
        within: &["vrrp-userspace/src/config", "vrrp-userspace/src/tracking"],
        except: &[],
        paths: &[
            "crate::system",
            "crate::daemon",
            "crate::guard",
            "crate::cli",
        ],
        instead: "only `protocol` lies below; hand what is needed in as a value",
    },
    Layer {
        within: &["vrrp-userspace/src/pair"],
        except: &[],
        paths: &[
            "crate::system",
            "crate::daemon",
            "crate::guard",
            "crate::check",
            "crate::cli",
        ],
        instead: "only `config`, `protocol` and `tracking` lie below; hand what is needed in as a value",
    },
    Layer {
        within: &["vrrp-userspace/src/system"],
        except: &[],
        paths: &["crate::daemon", "crate::cli"],
        instead: "effects do not know who wants them; hand in a channel or return a value",
    },
    Layer {
        within: &["vrrp-ebpf/src/wire"],
        except: &[],
        paths: &["crate::abi", "crate::verdict"],
        instead: "`wire` lies below both",
    },
    Layer {
        within: &["vrrp-ebpf/src/abi"],
        except: &[],
        paths: &["crate::verdict"],
        instead: "`abi` lies below `verdict`",
    },
    Layer {
        within: &[DAEMON],
        except: &["vrrp-userspace/src/system/datapath"],
        paths: &["aya", "aya_obj", "aya_log"],
        instead: "only `system/datapath` speaks to the kernel's BPF; add what is needed there",
    },
    Layer {
        within: &[DAEMON],
        except: &["vrrp-userspace/src/system/netlink"],
        paths: &[
            "rtnetlink",
            "netlink_packet_route",
            "netlink_packet_core",
            "netlink_proto",
        ],
        instead: "only `system/netlink` speaks netlink; add what is needed there",
    },
    Layer {
        within: &[DAEMON],
        except: &["vrrp-userspace/src/system/mailer"],
        paths: &["lettre"],
        instead: "only `system/mailer` sends mail; add what is needed there",
    },
];

/// Where `unsafe` may stand: the program in the kernel, the permission to copy map values, and what
/// rustix and socket2 have no safe door to: the address of a link, and the making of a TAP.
const UNSAFE: &[&str] = &[
    "vrrp-ebpf/src/bin/vrrp-xdp",
    "vrrp-ebpf/src/abi",
    "vrrp-userspace/src/system/packet_address",
    "tests/src/packet_socket",
    "tests/src/tap",
];

/// The file that knows keepalived's names for the states, and the rooms that must not.
const STATE_NAMES: (&str, &[&str]) = (
    "vrrp-userspace/src/protocol/state",
    &["vrrp-userspace/src/protocol"],
);

/// What `source`, at `path` below the workspace, breaks.
pub(crate) fn check(path: &str, source: &Source) -> Vec<Finding> {
    if is_test(path) {
        return Vec::new();
    }
    let finding = |line, message| Finding {
        path: path.to_owned(),
        line,
        message,
    };
    let mut findings = Vec::new();
    let layers: Vec<_> = LAYERS
        .iter()
        .filter(|layer| layer.holds_for(path))
        .collect();
    for named in source.paths() {
        let named = absolute(path, named);
        for layer in &layers {
            if let Some(forbidden) = layer.paths.iter().find(|prefix| named.is_below(prefix)) {
                let message = format!("`{forbidden}` does not belong here: {}", layer.instead);
                findings.push(finding(named.line, message));
            }
        }
    }
    if !is_within(path, UNSAFE) {
        findings.extend(source.lines_with_word("unsafe").into_iter().map(|line| {
            let message = "`unsafe` does not belong here: find a safe door, or move it to one of the files that lint \
                           names";
            finding(line, message.to_owned())
        }));
    }
    let (speaker, silent) = STATE_NAMES;
    if is_within(path, silent) && !is_within(path, &[speaker]) {
        findings.extend(source.lines_spelling("MASTER").into_iter().map(|line| {
            let message = "`MASTER` is keepalived's word: use `state::keepalived_name`";
            finding(line, message.to_owned())
        }));
    }
    findings
}

impl Layer {
    fn holds_for(&self, path: &str) -> bool {
        is_within(path, self.within) && !is_within(path, self.except)
    }
}

impl NamedPath {
    fn is_below(&self, prefix: &str) -> bool {
        let mut segments = self.segments.iter();
        prefix
            .split("::")
            .all(|part| segments.next().is_some_and(|segment| segment == part))
    }
}

/// Whether `path` is one of `rooms`: the file, or anything in the folder of that name.
fn is_within(path: &str, rooms: &[&str]) -> bool {
    rooms.iter().any(|room| {
        path.strip_prefix(room)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

/// Tests may know everybody.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// `super::x` as `crate::…::x`, so that one spelling of a rule is enough.
fn absolute(path: &str, named: NamedPath) -> NamedPath {
    let up = named
        .segments
        .iter()
        .take_while(|segment| *segment == "super")
        .count();
    if up == 0 {
        return named;
    }
    let Some((_, inside)) = path.trim_end_matches(".rs").split_once("/src/") else {
        return named;
    };
    let mut segments = vec!["crate".to_owned()];
    let module: Vec<_> = inside.split('/').collect();
    let kept = module.len().saturating_sub(up);
    segments.extend(module.into_iter().take(kept).map(str::to_owned));
    segments.extend(named.segments.into_iter().skip(up));
    NamedPath {
        line: named.line,
        segments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        check(path, &Source::new(text))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// (file, text, the name that is complained about)
    const TABLE: &[(&str, &str, Option<&str>)] = &[
        (
            "vrrp-userspace/src/protocol/event.rs",
            "use tokio::time;",
            Some("tokio"),
        ),
        (
            "vrrp-userspace/src/protocol.rs",
            "use std::{fmt, fs};",
            Some("std::fs"),
        ),
        (
            "vrrp-userspace/src/protocol/timers.rs",
            "use std::time::Duration;",
            None,
        ),
        (
            "vrrp-userspace/src/protocol/timers.rs",
            "let now = std::time::Instant::now();",
            Some("std::time::Instant"),
        ),
        (
            "vrrp-userspace/src/config/lexer.rs",
            "use crate::protocol::Vrid;",
            None,
        ),
        (
            "vrrp-userspace/src/config/lexer.rs",
            "use crate::system::clock;",
            Some("crate::system"),
        ),
        (
            "vrrp-userspace/src/config/lexer.rs",
            "use super::super::system::clock;",
            Some("crate::system"),
        ),
        (
            "vrrp-userspace/src/protocol/router/role.rs",
            "super::super::super::daemon::f();",
            Some("crate::daemon"),
        ),
        (
            "vrrp-userspace/src/config/lexer.rs",
            "use super::span::Span;",
            None,
        ),
        (
            "vrrp-userspace/src/config/lexer/tests.rs",
            "use std::fs;",
            None,
        ),
        (
            "vrrp-userspace/src/system/datapath.rs",
            "use aya::Ebpf;",
            None,
        ),
        (
            "vrrp-userspace/src/system/datapath/maps.rs",
            "use aya::maps::Map;",
            None,
        ),
        (
            "vrrp-userspace/src/system/datapaths.rs",
            "use aya::Ebpf;",
            Some("aya"),
        ),
        (
            "vrrp-userspace/src/daemon/election.rs",
            "aya::Ebpf::load(b)",
            Some("aya"),
        ),
        (
            "vrrp-userspace/src/daemon.rs",
            "use rtnetlink::Handle;",
            Some("rtnetlink"),
        ),
        (
            "vrrp-userspace/src/system/netlink/address.rs",
            "use rtnetlink::Handle;",
            None,
        ),
        (
            "vrrp-userspace/src/guard.rs",
            "use lettre::Message;",
            Some("lettre"),
        ),
        ("vrrp-ebpf/src/verdict.rs", "use crate::abi::Entry;", None),
        (
            "vrrp-ebpf/src/wire/arp.rs",
            "use crate::verdict::decide;",
            Some("crate::verdict"),
        ),
        (
            "vrrp-userspace/src/system/script.rs",
            "unsafe { fork() }",
            Some("unsafe"),
        ),
        ("vrrp-ebpf/src/bin/vrrp-xdp/frame.rs", "unsafe { *p }", None),
        (
            "vrrp-userspace/src/protocol/event.rs",
            "let s = \"MASTER\";",
            Some("MASTER"),
        ),
        (
            "vrrp-userspace/src/protocol/event.rs",
            "/// MASTER, for keepalived\nfn f() {}",
            None,
        ),
        (
            "vrrp-userspace/src/protocol/state.rs",
            "let s = \"MASTER\";",
            None,
        ),
        (
            "vrrp-userspace/src/system/notifier.rs",
            "let s = \"MASTER\";",
            None,
        ),
    ];

    #[test]
    fn every_rule_finds_what_it_is_for_and_nothing_else() {
        for (path, text, expected) in TABLE {
            let said = said(path, text);
            match expected {
                Some(name) => {
                    let start = format!("{path}:1: `{name}`");
                    assert_eq!(said.len(), 1, "{path}: {text}: {said:?}");
                    assert!(said.iter().all(|line| line.starts_with(&start)), "{said:?}");
                }
                None => assert_eq!(said, Vec::<String>::new(), "{path}: {text}"),
            }
        }
    }

    #[test]
    fn a_finding_says_where_what_and_what_to_do() {
        assert_eq!(
            said("vrrp-userspace/src/daemon.rs", "\n\nuse lettre::Message;"),
            [
                "vrrp-userspace/src/daemon.rs:3: `lettre` does not belong here: only `system/mailer` sends mail; add what is \
              needed there"
            ]
        );
    }
}
