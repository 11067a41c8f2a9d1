//! `cargo xtask dist`: the Debian package, from a tree that is staged and packed as the user who asks.

mod control;
mod tree;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, bail};

use self::{control::Control, tree::Tree};
use crate::{
    cargo, console,
    prerequisites::{self, Consent, Purpose},
    privilege, process, workspace,
};

/// How to pack.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
}

/// What packs, and the package each is in.
const PACKERS: [(&str, &str); 4] = [
    ("dpkg-deb", "dpkg"),
    ("dpkg-shlibdeps", "dpkg-dev"),
    ("gzip", "gzip"),
    ("md5sum", "coreutils"),
];

/// What dpkg does not ship with the files and runs.
const MAINTAINER_SCRIPTS: [&str; 4] = ["preinst", "postinst", "prerm", "postrm"];

/// Builds and packs, and says where the package is.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    prerequisites::ensure(Purpose::Build, Consent::new(arguments.yes), way)?;
    let package = build()?;
    console::result(&package.display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// The package, freshly built.
pub(crate) fn build() -> Result<PathBuf> {
    for (program, package) in PACKERS {
        if workspace::find(program).is_none() {
            bail!(
                "`{program}` is missing, which packs for Debian\nhelp: it is in the package {package}; on Debian: apt-get install {package}"
            );
        }
    }
    let source = Source::find()?;
    console::heading("Building the daemon for a release");
    let daemon = build_daemon()?;
    console::heading("Packing");
    let folder = workspace::root().join("target/dist");
    let tree = Tree::new(folder.join("tree"))?;
    stage(&tree, &daemon, &source)?;
    describe(&tree)?;
    pack(&tree, &folder, &source)
}

/// What the sources are, as far as the package says so.
struct Source {
    /// Seconds since 1970 of the last commit: nothing in the package is younger.
    epoch: String,
    /// Its day.
    date: String,
    /// The same for a Debian changelog.
    long_date: String,
}

impl Source {
    fn find() -> Result<Self> {
        let given = env::var("SOURCE_DATE_EPOCH").ok();
        let epoch = match given {
            Some(epoch) => epoch,
            None => output(Command::new("git").args(["log", "-1", "--format=%ct"]))
                .context("the time of the last commit is unknown; set SOURCE_DATE_EPOCH")?,
        };
        let at = format!("@{epoch}");
        let date = |format: &str| {
            let mut date = Command::new("date");
            output(
                date.env("LC_ALL", "C")
                    .args(["--utc", "--date", &at, format]),
            )
        };
        Ok(Self {
            date: date("+%Y-%m-%d")?,
            long_date: date("+%a, %d %b %Y %H:%M:%S +0000")?,
            epoch,
        })
    }
}

/// In a folder of its own, since it is built with other flags: without symbols, and without the names of our folders.
fn build_daemon() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let renamed = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [
        renamed(&workspace::root(), "/usr/src/xvrrpd"),
        renamed(&home, "/usr/src/cargo"),
        renamed(Path::new(&sysroot), "/usr/src/rust"),
    ];
    let built = cargo::build_with(
        &[
            "build",
            "--release",
            "--locked",
            "--package",
            "vrrp-userspace",
            "--bin",
            "xvrrpd",
            "--target-dir",
            "target/dist/build",
        ],
        &[
            ("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}").as_str()),
            ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
        ],
    )?;
    let daemon = built.into_iter().find(|one| one.target == "xvrrpd");
    Ok(daemon.context("cargo built no xvrrpd")?.path)
}

/// Everything that is installed.
fn stage(tree: &Tree, daemon: &Path, source: &Source) -> Result<()> {
    let packaging = workspace::root().join("packaging/debian");
    let (program, script, text) = (0o755, 0o755, 0o644);
    tree.copy(daemon, "usr/sbin/xvrrpd", program)?;
    for (from, to, mode) in [
        ("xvrrpd.service", "lib/systemd/system/xvrrpd.service", text),
        ("xvrrpd.init", "etc/init.d/xvrrpd", script),
        ("keepalived.init", "etc/init.d/keepalived", script),
        ("xvrrpd.default", "etc/default/xvrrpd", text),
        (
            "lintian-overrides",
            "usr/share/lintian/overrides/xvrrpd",
            text,
        ),
    ] {
        tree.copy(&packaging.join(from), to, mode)?;
    }
    tree.folder("etc/keepalived")?;
    completions(tree, daemon)?;
    manual(tree, daemon, source)?;
    documents(tree, source)
}

fn completions(tree: &Tree, daemon: &Path) -> Result<()> {
    for (shell, path) in [
        ("bash", "usr/share/bash-completion/completions/xvrrpd"),
        ("zsh", "usr/share/zsh/vendor-completions/_xvrrpd"),
        ("fish", "usr/share/fish/vendor_completions.d/xvrrpd.fish"),
    ] {
        let text = output(Command::new(daemon).args(["completions", shell]))?;
        tree.write(path, &format!("{text}\n"), 0o644)?;
    }
    Ok(())
}

/// The daemon knows its options, commands, keywords and capabilities best.
fn manual(tree: &Tree, daemon: &Path, source: &Source) -> Result<()> {
    let folder = workspace::root().join("target/dist/manual");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    let mut command = Command::new(daemon);
    process::run(
        command
            .args(["manual", "--date", &source.date])
            .arg(&folder),
    )?;
    for page in fs::read_dir(&folder)? {
        let page = page?;
        let name = page.file_name().to_string_lossy().into_owned();
        let (_, section) = name.rsplit_once('.').context("a page has a section")?;
        tree.compress(
            &page.path(),
            &format!("usr/share/man/man{section}/{name}.gz"),
        )?;
    }
    Ok(())
}

/// The pages in a folder, in the order of their names.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

fn documents(tree: &Tree, source: &Source) -> Result<()> {
    const FOLDER: &str = "usr/share/doc/xvrrpd";
    let root = workspace::root();
    // Every page there is, so that none the others refer to can be forgotten.
    for path in [root.join("README.md"), root.join("SECURITY.md")]
        .into_iter()
        .chain(pages(&root.join("docs"))?)
    {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        tree.copy(&path, &format!("{FOLDER}/{name}"), 0o644)?;
    }
    let news = root.join("CHANGELOG.md");
    tree.compress(&news, &format!("{FOLDER}/CHANGELOG.md.gz"))?;
    let changelog = root.join("target/dist/changelog");
    fs::write(&changelog, control::changelog(&source.long_date))?;
    tree.compress(&changelog, &format!("{FOLDER}/changelog.gz"))?;
    let licence = fs::read_to_string(root.join("LICENSE-MIT"))?;
    let copyright = fs::read_to_string(root.join("packaging/debian/copyright"))?;
    let copyright = control::copyright(&copyright, &licence);
    tree.write(&format!("{FOLDER}/copyright"), &copyright, 0o644)?;
    for name in ["master.conf", "backup.conf", "check_haproxy.sh"] {
        let path = format!("{FOLDER}/examples/{name}");
        tree.copy(&root.join("tests/seeds").join(name), &path, 0o644)?;
    }
    Ok(())
}

/// What dpkg has to know.
fn describe(tree: &Tree) -> Result<()> {
    let packaging = workspace::root().join("packaging/debian");
    let sums = tree.sums()?;
    // By this folder dpkg-shlibdeps knows the tree of a package.
    tree.folder("DEBIAN")?;
    let control = Control {
        architecture: output(Command::new("dpkg").arg("--print-architecture"))?,
        depends: libraries(&tree.root().join("usr/sbin/xvrrpd"))?,
        installed_kibibytes: tree.kibibytes()?,
    };
    tree.write("DEBIAN/control", &control.to_string(), 0o644)?;
    tree.write("DEBIAN/md5sums", &sums, 0o644)?;
    tree.copy(&packaging.join("conffiles"), "DEBIAN/conffiles", 0o644)?;
    for script in MAINTAINER_SCRIPTS {
        tree.copy(&packaging.join(script), &format!("DEBIAN/{script}"), 0o755)?;
    }
    Ok(())
}

/// The packages of the libraries that the daemon is linked with, as this machine has them.
fn libraries(daemon: &Path) -> Result<String> {
    let folder = workspace::root().join("target/dist/libraries");
    fs::create_dir_all(folder.join("debian"))?;
    // It insists on sources.
    fs::write(
        folder.join("debian/control"),
        "Source: xvrrpd\n\nPackage: xvrrpd\nArchitecture: any\n",
    )?;
    let mut shlibdeps = Command::new("dpkg-shlibdeps");
    shlibdeps.arg("-O").arg(daemon).current_dir(&folder);
    let said = output(&mut shlibdeps)?;
    let depends = said.strip_prefix("shlibs:Depends=");
    Ok(depends
        .context("dpkg-shlibdeps answers otherwise")?
        .to_owned())
}

fn pack(tree: &Tree, folder: &Path, source: &Source) -> Result<PathBuf> {
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.env("SOURCE_DATE_EPOCH", &source.epoch)
        .args(["--root-owner-group", "-Zxz", "--build"])
        .arg(tree.root())
        .arg(folder)
        .stdout(Stdio::null());
    process::run(&mut dpkg)?;
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))?;
    Ok(folder.join(format!("xvrrpd_{}_{architecture}.deb", control::VERSION)))
}

/// What `command` writes, without the last line's end.
fn output(command: &mut Command) -> Result<String> {
    let done = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", process::shown(command)))?;
    if !done.status.success() {
        bail!(
            "{} {}",
            process::shown(command),
            process::ending(done.status)
        );
    }
    Ok(String::from_utf8(done.stdout)?.trim_end().to_owned())
}
