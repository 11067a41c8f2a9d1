use super::{super::tools, *};
use crate::toolchain::{Rust, Wanted};

/// (what is there, the steps)
type Row = (&'static str, Found, &'static [&'static str]);

#[test]
fn the_steps_follow_from_what_is_missing() {
    for (name, found, expected) in table() {
        let steps: Vec<_> = plan(&found)
            .iter()
            .map(|step| step.action.to_string())
            .collect();
        assert_eq!(steps, expected, "{name}");
    }
}

fn table() -> Vec<Row> {
    let ready = || Found {
        machine: machine(rust(22, true), &["0.10.3"]),
        ..debian()
    };
    vec![
        ("nothing is missing", ready(), &[]),
        (
            "a fresh rustup",
            Found {
                machine: machine(rust(22, false), &[]),
                ..debian()
            },
            &["rustup component add rust-src --toolchain stable", LINKER],
        ),
        (
            "only the linker is missing",
            Found {
                machine: machine(rust(22, true), &[]),
                ..debian()
            },
            &[LINKER],
        ),
        (
            "the user's own linker reads another LLVM; ours goes beside it",
            Found {
                machine: machine(rust(22, true), &["0.11.0"]),
                ..debian()
            },
            &[LINKER],
        ),
        (
            "the user's own linker fits",
            Found {
                machine: machine(rust(22, false), &["0.10.3"]),
                ..debian()
            },
            &["rustup component add rust-src --toolchain stable"],
        ),
        (
            "rustup without stable",
            Found {
                machine: machine(None, &["0.10.3"]),
                ..debian()
            },
            &["rustup toolchain install stable --component rust-src"],
        ),
        (
            "rustup has no source to give",
            Found {
                machine: machine(rust(22, false), &[]),
                rustup_cannot_deliver: true,
                ..debian()
            },
            &[LINKER, "apt-get install cargo-web rust-web-src rustc-web"],
        ),
        (
            "stable has moved on",
            Found {
                machine: machine(rust(23, true), &["0.10.3"]),
                ..debian()
            },
            &["by hand: export XVRRPD_BPF_TOOLCHAIN=1.95.0; \
               rustup toolchain install 1.95.0 --component rust-src"],
        ),
        (
            "the toolchain somebody asked for lacks the source",
            Found {
                machine: Machine {
                    wanted: Some(Wanted {
                        name: "nightly".into(),
                        rust: rust(22, false),
                    }),
                    ..machine(rust(22, true), &["0.10.3"])
                },
                ..debian()
            },
            &["rustup component add rust-src --toolchain nightly"],
        ),
        (
            "Debian without tools",
            Found {
                missing: tools::all().to_vec(),
                ..ready()
            },
            &[
                "apt-get install bpftool busybox-static curl dpkg-dev ethtool haproxy init-system-helpers iproute2 keepalived kmod \
                 man-db nftables procps prometheus python3-aiosmtpd qemu-system-x86 strace systemd sysvinit-utils tcpdump tshark util-linux",
            ],
        ),
        (
            "Ubuntu, where bpftool comes with the kernel",
            Found {
                missing: only("bpftool"),
                distribution: ubuntu(2404),
                ..ready()
            },
            &["apt-get install linux-tools-6.8.0-1 linux-tools-common"],
        ),
        (
            "Debian, where promtool has a package",
            Found {
                missing: only("promtool"),
                distribution: Distribution::Debian { version: Some(13) },
                ..ready()
            },
            &["apt-get install promtool"],
        ),
        (
            "Ubuntu, where bpftool has a package",
            Found {
                missing: only("bpftool"),
                distribution: ubuntu(2504),
                ..ready()
            },
            &["apt-get install bpftool"],
        ),
        (
            "an installation was killed, with all programs in place already",
            Found {
                is_unfinished: true,
                ..ready()
            },
            &["finish what apt began: dpkg --configure -a"],
        ),
        (
            "an installation was killed halfway; the next one tidies up",
            Found {
                is_unfinished: true,
                missing: only("tshark"),
                ..ready()
            },
            &["apt-get install tshark"],
        ),
        (
            "Fedora is told what to type",
            Found {
                missing: only("tshark"),
                distribution: Distribution::Fedora,
                ..ready()
            },
            &["by hand: dnf install wireshark-cli"],
        ),
        (
            "an unknown distribution is told what is missing",
            Found {
                missing: only("tshark"),
                distribution: Distribution::Other {
                    name: "Some Linux".into(),
                },
                ..ready()
            },
            &["by hand: install tshark"],
        ),
    ]
}

#[test]
fn every_step_says_why() {
    let found = Found {
        missing: tools::all().to_vec(),
        ..debian()
    };
    for step in plan(&found) {
        assert!(!step.why.is_empty(), "{}", step.action);
    }
}

const LINKER: &str = "bpf-linker 0.10.3 into .tools";

fn debian() -> Found {
    Found {
        machine: Machine::default(),
        tools: PathBuf::from(".tools"),
        distribution: Distribution::Debian { version: Some(12) },
        missing: Vec::new(),
        is_unfinished: false,
        rustup_cannot_deliver: false,
    }
}

fn ubuntu(release: u32) -> Distribution {
    Distribution::Ubuntu {
        release,
        kernel: "6.8.0-1".to_owned(),
    }
}

fn only(program: &str) -> Vec<Tool> {
    tools::all()
        .iter()
        .filter(|tool| tool.program == program)
        .copied()
        .collect()
}

fn machine(stable: Option<Rust>, linkers: &[&str]) -> Machine {
    let linkers = linkers.iter().map(|version| Linker {
        path: PathBuf::from("/home/me/.cargo/bin/bpf-linker"),
        version: (*version).to_owned(),
    });
    Machine {
        has_rustup: true,
        stable,
        linkers: linkers.collect(),
        ..Machine::default()
    }
}

fn rust(llvm: u32, has_library_source: bool) -> Option<Rust> {
    Some(Rust {
        sysroot: PathBuf::from("/rust"),
        llvm,
        has_library_source,
        llvm_library: None,
    })
}
