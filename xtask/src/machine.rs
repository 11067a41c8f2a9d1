//! What is there to build with? Asks rustup, the compilers and the linkers; decides nothing (`toolchain` does).

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::toolchain::{Linker, Machine, OVERRIDE, Rust, Wanted};

/// Where the project keeps the tools it installs for itself.
pub(crate) const TOOLS: &str = ".tools";

/// Gathers the facts; `workspace` is the folder of the workspace's manifest.
pub(crate) fn inspect(workspace: &Path) -> Machine {
    let has_rustup = first_line("rustup", &["--version"]).is_some();
    Machine {
        wanted: wanted(),
        has_rustup,
        stable: has_rustup.then(|| of_rustup("stable")).flatten(),
        nightly: has_rustup.then(|| of_rustup("nightly")).flatten(),
        distribution: of_distribution(has_rustup),
        linkers: linkers(workspace),
    }
}

fn wanted() -> Option<Wanted> {
    let name = env::var(OVERRIDE).ok().filter(|name| !name.is_empty())?;
    let rust = if name.starts_with('/') {
        compiler(Path::new(&name), LlvmLibrary::Find)
    } else {
        of_rustup(&name)
    };
    Some(Wanted { name, rust })
}

fn of_rustup(toolchain: &str) -> Option<Rust> {
    let rustc = first_line("rustup", &["which", "rustc", "--toolchain", toolchain])?;
    let sysroot = Path::new(&rustc).parent()?.parent()?;
    compiler(sysroot, LlvmLibrary::ToldByRustup)
}

/// `/usr` where rustup owns the path, else whatever the path leads to.
fn of_distribution(has_rustup: bool) -> Option<Rust> {
    let sysroot = if has_rustup {
        PathBuf::from("/usr")
    } else {
        PathBuf::from(first_line("rustc", &["--print", "sysroot"])?)
    };
    compiler(&sysroot, LlvmLibrary::Find)
}

/// `bpf-linker` loads the compiler's own LLVM at run time, and rustup tells it where that is.
#[derive(Clone, Copy)]
enum LlvmLibrary {
    ToldByRustup,
    Find,
}

fn compiler(sysroot: &Path, library: LlvmLibrary) -> Option<Rust> {
    let rustc = sysroot.join("bin/rustc");
    let about = output(rustc.to_str()?, &["-vV"])?;
    let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
    let llvm = field("LLVM version: ")?.split('.').next()?.parse().ok()?;
    let llvm_library = match library {
        LlvmLibrary::ToldByRustup => None,
        LlvmLibrary::Find => llvm_library(sysroot, field("host: ")?, llvm),
    };
    Some(Rust {
        sysroot: sysroot.to_owned(),
        llvm,
        has_library_source: sysroot
            .join("lib/rustlib/src/rust/library/core/src/lib.rs")
            .is_file(),
        llvm_library,
    })
}

/// The file among the system's libraries that is LLVM of this major version; others may lie beside it.
fn llvm_library(sysroot: &Path, host: &str, llvm: u32) -> Option<PathBuf> {
    let multiarch = host.replace("-unknown-", "-");
    let names = [format!("libLLVM.so.{llvm}"), format!("libLLVM-{llvm}")];
    [
        sysroot.join("lib").join(multiarch),
        sysroot.join("lib64"),
        sysroot.join("lib"),
    ]
    .iter()
    .filter_map(|folder| fs::read_dir(folder).ok())
    .flatten()
    .filter_map(|entry| Some(entry.ok()?.path()))
    .find(|path| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        names.iter().any(|start| name.starts_with(start))
    })
}

/// The project's own first, then the path's, then cargo's, which need not be on the path.
fn linkers(workspace: &Path) -> Vec<Linker> {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut folders = vec![workspace.join(TOOLS).join("bin")];
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    folders.extend(cargo_home.map(|home| home.join("bin")));

    let mut linkers: Vec<Linker> = Vec::new();
    for path in folders.iter().map(|folder| folder.join("bpf-linker")) {
        if path.is_file()
            && !linkers.iter().any(|known| known.path == path)
            && let Some(linker) = linker(path)
        {
            linkers.push(linker);
        }
    }
    linkers
}

fn linker(path: PathBuf) -> Option<Linker> {
    let line = first_line(path.to_str()?, &["--version"])?;
    let version = line.strip_prefix("bpf-linker ")?.to_owned();
    Some(Linker { path, version })
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    output(program, arguments)?
        .lines()
        .next()
        .map(str::to_owned)
}

/// What the program says, or `None` if it is not there or not content. It must not install anything on its way.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .env("RUSTUP_AUTO_INSTALL", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
