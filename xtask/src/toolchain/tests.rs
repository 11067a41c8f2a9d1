use std::path::Path;

use super::*;

/// (what there is, what is taken, what was passed over and why)
type Row = (
    &'static str,
    Machine,
    Option<(Candidate, &'static str)>,
    &'static [&'static str],
);

#[test]
fn the_order_is_override_stable_nightly_distribution() {
    for (name, machine, taken, passed_over) in table() {
        let (choice, reasons) = choose(&machine);
        assert_eq!(
            choice.map(|choice| (choice.candidate, choice.linker)),
            taken.map(|(candidate, linker)| (candidate, PathBuf::from(linker))),
            "{name}"
        );
        let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        assert_eq!(reasons, passed_over, "{name}");
    }
}

fn table() -> Vec<Row> {
    vec![
        (
            "everything is there",
            Machine {
                stable: rust(22),
                nightly: rust(22),
                distribution: rust(22),
                linkers: vec![ours()],
                ..rustup()
            },
            Some((Candidate::Stable, OURS)),
            &[],
        ),
        (
            "an override comes before everything",
            Machine {
                wanted: Some(Wanted {
                    name: "nightly".into(),
                    rust: rust(22),
                }),
                stable: rust(22),
                linkers: vec![ours()],
                ..rustup()
            },
            Some((Candidate::Wanted("nightly".into()), OURS)),
            &[],
        ),
        (
            "an override that is not there is not replaced by something else",
            Machine {
                wanted: Some(Wanted {
                    name: "mine".into(),
                    rust: None,
                }),
                stable: rust(22),
                linkers: vec![ours()],
                ..rustup()
            },
            None,
            &["mine (from XVRRPD_BPF_TOOLCHAIN): not installed"],
        ),
        (
            "stable without the source of core",
            Machine {
                stable: without_source(22),
                nightly: rust(22),
                linkers: vec![ours()],
                ..rustup()
            },
            Some((Candidate::Nightly, OURS)),
            &["rustup's stable: without the library source (rust-src)"],
        ),
        (
            "a nightly whose LLVM the linker cannot read",
            Machine {
                nightly: rust(23),
                distribution: rust(22),
                linkers: vec![ours()],
                ..rustup()
            },
            Some((Candidate::Distribution, OURS)),
            &[
                "rustup's stable: not installed",
                "rustup's nightly: made with LLVM 23, which no bpf-linker here reads: \
                 .tools/bin/bpf-linker (0.10.3) reads LLVM 22",
            ],
        ),
        (
            "of two linkers the one that fits is taken",
            Machine {
                nightly: rust(23),
                linkers: vec![ours(), linker("/usr/bin/bpf-linker", "0.11.0")],
                ..rustup()
            },
            Some((Candidate::Nightly, "/usr/bin/bpf-linker")),
            &["rustup's stable: not installed"],
        ),
        (
            "a linker of unknown version is not trusted",
            Machine {
                stable: rust(22),
                linkers: vec![linker("/usr/bin/bpf-linker", "0.9.1")],
                ..rustup()
            },
            None,
            &[
                "rustup's stable: made with LLVM 22, which no bpf-linker here reads: \
                 /usr/bin/bpf-linker (0.9.1) is a version this project does not know",
                "rustup's nightly: not installed",
                "the distribution's rustc: not installed",
            ],
        ),
        (
            "no linker at all",
            Machine {
                stable: rust(22),
                ..rustup()
            },
            None,
            &[
                "rustup's stable: there is no bpf-linker",
                "rustup's nightly: not installed",
                "the distribution's rustc: not installed",
            ],
        ),
        (
            "a machine without rustup",
            Machine {
                distribution: rust(22),
                linkers: vec![ours()],
                ..Machine::default()
            },
            Some((Candidate::Distribution, OURS)),
            &[
                "rustup's stable: there is no rustup",
                "rustup's nightly: there is no rustup",
            ],
        ),
    ]
}

const OURS: &str = ".tools/bin/bpf-linker";

fn rustup() -> Machine {
    Machine {
        has_rustup: true,
        ..Machine::default()
    }
}

fn rust(llvm: u32) -> Option<Rust> {
    Some(Rust {
        sysroot: PathBuf::from("/opt/rust"),
        llvm,
        has_library_source: true,
        llvm_library: None,
    })
}

fn without_source(llvm: u32) -> Option<Rust> {
    rust(llvm).map(|rust| Rust {
        has_library_source: false,
        ..rust
    })
}

fn ours() -> Linker {
    linker(OURS, "0.10.3")
}

fn linker(path: impl AsRef<Path>, version: &str) -> Linker {
    Linker {
        path: path.as_ref().to_owned(),
        version: version.to_owned(),
    }
}
