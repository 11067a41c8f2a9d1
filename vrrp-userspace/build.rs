//! Builds the XDP program and leaves it beside the daemon, which embeds it.
//!
//! `aya_build` runs a cargo of its own. That cargo needs an environment, and setting one's own is unsafe, so this
//! script runs itself again with the environment it wants; it also keeps back what that cargo says unless it fails,
//! since cargo would show each line of it as a warning.

#[path = "../xtask/src/machine.rs"]
mod machine;
#[path = "../xtask/src/toolchain.rs"]
mod toolchain;

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, exit},
};

use anyhow::{Context as _, Result, bail};
use aya_build::{Package, Toolchain};

use crate::toolchain::{Choice, OVERRIDE, PassedOver};

/// `none` builds a daemon that listens on raw sockets only.
const BPF: &str = "XVRRPD_BPF";
/// Set for the second run: what `aya_build` hands to `rustup run`.
const INNER: &str = "XVRRPD_BPF_INNER_TOOLCHAIN";
const PROGRAM_PACKAGE: &str = "vrrp-ebpf";

fn main() {
    let done = match env::var(INNER) {
        Ok(toolchain) => build(&toolchain),
        Err(_) => choose_and_build(),
    };
    if let Err(error) = done {
        fail(&format!("{error:#}"));
    }
}

fn choose_and_build() -> Result<()> {
    say("rustc-check-cfg=cfg(xvrrpd_bpf)");
    watch();
    match env::var(BPF).as_deref() {
        Ok("none") => {
            say(&format!(
                "warning={BPF}=none: this daemon has no XDP program, raw sockets only"
            ));
            Ok(())
        }
        Ok("") | Err(env::VarError::NotPresent) => embed(&workspace()?),
        other => bail!(
            "{BPF} can be `none` or not set, not {:?}",
            other.unwrap_or("unreadable")
        ),
    }
}

fn workspace() -> Result<PathBuf> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    Ok(package
        .parent()
        .context("this package lies in a workspace")?
        .to_owned())
}

/// Without these lines cargo would come back here for every changed file of this package.
fn watch() {
    for name in [BPF, OVERRIDE] {
        say(&format!("rerun-if-env-changed={name}"));
    }
    for path in [
        "build.rs",
        "../xtask/src/machine.rs",
        "../xtask/src/toolchain.rs",
        "../vrrp-ebpf/src",
        "../vrrp-ebpf/build.rs",
        "../vrrp-ebpf/Cargo.toml",
        "../Cargo.toml",
        "../Cargo.lock",
    ] {
        say(&format!("rerun-if-changed={path}"));
    }
}

/// Builds the program with the first toolchain that can.
fn embed(workspace: &Path) -> Result<()> {
    let (choice, passed_over) = toolchain::choose(&machine::inspect(workspace));
    let Some(choice) = choice else {
        bail!(
            "the XDP program cannot be built here.\n{}",
            remedy(&passed_over)
        );
    };
    let output = run_again(&choice)?;
    if !output.status.success() {
        bail!(
            "the XDP program did not build with {}.\n{}",
            choice.candidate,
            told(&output)
        );
    }
    forward(&String::from_utf8_lossy(&output.stdout));
    say("rustc-cfg=xvrrpd_bpf");
    Ok(())
}

fn remedy(passed_over: &[PassedOver]) -> String {
    let reasons: String = passed_over.iter().map(|one| format!("  {one}\n")).collect();
    format!(
        "{reasons}\
         help: `cargo xtask setup` installs what is missing, and says what before it does.\n\
         help: {BPF}=none builds a daemon without an XDP program."
    )
}

fn run_again(choice: &Choice) -> Result<Output> {
    let mut command = Command::new(env::current_exe()?);
    command
        .env(INNER, &choice.rust.sysroot)
        // Lets a stable compiler build `core` from source.
        .env("RUSTC_BOOTSTRAP", "1")
        // Would leave an old program, or none, and call it a success.
        .env_remove("AYA_BUILD_SKIP")
        .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", &choice.linker)
        .env("CARGO_TARGET_BPFEB_UNKNOWN_NONE_LINKER", &choice.linker);
    if let Some(library) = &choice.rust.llvm_library {
        command.env("LD_LIBRARY_PATH", folder_with_only(library)?);
    }
    command
        .output()
        .context("this build script could not run itself")
}

/// `bpf-linker` takes the first LLVM of a folder, and the system's has several.
fn folder_with_only(library: &Path) -> Result<PathBuf> {
    let folder = PathBuf::from(variable("OUT_DIR")?).join("llvm");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    symlink(library, folder.join("libLLVM.so"))?;
    Ok(folder)
}

/// The second run.
fn build(toolchain: &str) -> Result<()> {
    let package = workspace()?.join(PROGRAM_PACKAGE);
    let program = Package {
        name: PROGRAM_PACKAGE,
        root_dir: package
            .to_str()
            .context("the path of the workspace is not UTF-8")?,
        features: &["bpf"],
        ..Package::default()
    };
    aya_build::build_ebpf([program], Toolchain::Custom(toolchain))
}

/// Passes on what the second run asks of cargo, but for its warnings.
fn forward(stdout: &str) {
    stdout
        .lines()
        .filter_map(|line| line.strip_prefix("cargo:"))
        .filter(|line| !line.starts_with("warning="))
        .for_each(say);
}

/// Everything the second run said, as a person would have seen it.
fn told(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = stdout
        .lines()
        .map(|line| line.strip_prefix("cargo:warning=").unwrap_or(line))
        .filter(|line| !line.starts_with("cargo:"))
        .collect();
    format!(
        "{}\n{}",
        lines.join("\n"),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("cargo did not set {name}"))
}

fn say(line: &str) {
    println!("cargo:{line}");
}

/// Ends with the message alone; an `Err` from `main` comes with a backtrace, twice because of the second run.
fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1)
}
