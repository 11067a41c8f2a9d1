//! Debian's kernels, by apt's ordinary client with lists of its own: the host's sources and packages stay as they are.
//!
//! The mirror is the one this host has its own packages from. One kernel for each of Debian's releases is to be had: the one its
//! package `linux-image-amd64` asks for.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::version::Version;
use crate::{console, process};

/// Names another mirror, or one where the host's own packages are not Debian's.
pub(super) const MIRROR: &str = "XVRRPD_DEBIAN_MIRROR";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Old to new. One that has left the mirror is told of and done without.
const SUITES: &[&str] = &[
    "bullseye",
    "bookworm",
    "bookworm-backports",
    "trixie",
    "trixie-backports",
    "sid",
];
/// Depends on the kernel of its release.
const META_PACKAGE: &str = "linux-image-amd64";
const IMAGE: &str = "linux-image-";

/// A kernel that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) version: Version,
    /// What `uname -r` will say.
    pub(super) release: String,
}

/// Lists of packages in a folder of their own.
pub(super) struct Archive {
    folder: PathBuf,
    pub(super) offers: Vec<Offer>,
}

impl Archive {
    /// Fetches the lists into `folder`, and reads what there is.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let mut archive = Self {
            folder: folder.to_owned(),
            offers: Vec::new(),
        };
        console::heading("Asking for Debian's kernels");
        archive.write_sources()?;
        let mut update = archive.apt("apt-get");
        update.args(["--quiet", "update"]).stdout(Stdio::null());
        let updated = process::status(&mut update)?;
        if process::was_interrupted() {
            bail!("interrupted");
        }
        if !updated.success() {
            console::note("not all of them could be asked for; what stands above says why");
        }
        archive.offers = offers(&archive.ask("apt-cache", &["show", META_PACKAGE]));
        Ok(archive)
    }

    fn write_sources(&self) -> Result<()> {
        if !Path::new(KEYRING).exists() {
            bail!(
                "{KEYRING}, which Debian's lists are signed with, is missing\n\
                 help: apt-get install debian-archive-keyring"
            );
        }
        for folder in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        fs::write(self.folder.join("status"), "")?;
        fs::write(self.folder.join("debian.sources"), sources(&mirror()?))?;
        Ok(())
    }

    /// A program of apt's, looking at this folder in place of the host's.
    fn apt(&self, program: &str) -> Command {
        let mut apt = Command::new(program);
        apt.env("LC_ALL", "C").stdin(Stdio::null());
        for (name, place) in [
            ("Dir::Etc::SourceList", "debian.sources"),
            ("Dir::Etc::SourceParts", "none"),
            ("Dir::Etc::Preferences", "none"),
            ("Dir::Etc::PreferencesParts", "none"),
            ("Dir::State", "state"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", "cache"),
        ] {
            let place = self.folder.join(place);
            apt.arg("-o").arg(format!("{name}={}", place.display()));
        }
        for setting in [
            "APT::Architecture=amd64",
            "APT::Architectures=amd64",
            // Lists alone: neither descriptions in other languages nor what shops for programs show.
            "Acquire::Languages=none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
            // The folder is this user's, and no other user of apt's can write there.
            "APT::Sandbox::User=root",
        ] {
            apt.args(["-o", setting]);
        }
        apt
    }

    /// What apt answers; nothing if it does not know the package.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let answer = self
            .apt(program)
            .args(arguments)
            .stderr(Stdio::null())
            .output();
        answer.map_or_else(
            |_| String::new(),
            |answer| String::from_utf8_lossy(&answer.stdout).into_owned(),
        )
    }

    /// Fetches the packages of a kernel into `folder`, and returns their files.
    pub(super) fn fetch(&self, offer: &Offer, folder: &Path) -> Result<Vec<PathBuf>> {
        let image = format!("{IMAGE}{}={}", offer.release, offer.version.text());
        let about = self.ask("apt-cache", &["show", &image]);
        let packages = parts(&about, offer);
        fs::create_dir_all(folder)?;
        let mut download = self.apt("apt-get");
        download
            .args(["--quiet", "download"])
            .args(packages)
            .stdout(Stdio::null())
            .current_dir(folder);
        process::run(&mut download).context("the kernel could not be fetched")?;
        let files = fs::read_dir(folder)?;
        let files = files.map(|file| file.map(|file| file.path()));
        let files: Result<Vec<_>, _> = files.collect();
        Ok(files?)
    }
}

/// Debian's mirror that this host uses.
fn mirror() -> Result<String> {
    if let Ok(mirror) = env::var(MIRROR) {
        return Ok(mirror);
    }
    let targets = Command::new("apt-get")
        .args([
            "indextargets",
            "--format",
            "$(ORIGIN)|$(RELEASE)|$(REPO_URI)",
        ])
        .stdin(Stdio::null())
        .output()
        .context("kernels come as Debian's packages, and there is no apt here")?;
    mirror_of(&String::from_utf8_lossy(&targets.stdout)).with_context(|| {
        format!(
            "this host has no packages of Debian's main archive, so it knows no mirror\n\
             help: apt-get update, or name one: {MIRROR}=http://…/debian"
        )
    })
}

/// The mirror of a release itself; updates and security fixes have others.
fn mirror_of(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let (origin, rest) = line.split_once('|')?;
        let (release, mirror) = rest.split_once('|')?;
        (origin == "Debian" && !release.contains('-')).then(|| mirror.to_owned())
    })
}

/// A paragraph for each suite, so that one that is not there spoils no other.
fn sources(mirror: &str) -> String {
    let paragraphs = SUITES.iter().map(|suite| {
        format!(
            "Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nArchitectures: amd64\n\
             Signed-By: {KEYRING}\n\n"
        )
    });
    paragraphs.collect()
}

/// Reads what `apt-cache show linux-image-amd64` says: a paragraph per release, each depending on its kernel.
fn offers(shown: &str) -> Vec<Offer> {
    let offer = |paragraph: &str| {
        let version = Version::parse(field(paragraph, "Version")?)?;
        let release = dependencies(paragraph).find_map(|name| name.strip_prefix(IMAGE))?;
        Some(Offer {
            version,
            release: release.to_owned(),
        })
    };
    shown.split("\n\n").filter_map(offer).collect()
}

/// The packages whose files make up the kernel: its image, and since 7.x what that one asks for of the same release.
fn parts(shown: &str, offer: &Offer) -> Vec<String> {
    let names = dependencies(shown)
        .filter(|name| name.starts_with("linux-") && name.ends_with(&offer.release))
        .map(str::to_owned);
    let mut names: Vec<_> = names.collect();
    names.push(format!("{IMAGE}{}", offer.release));
    names.sort_unstable();
    names.dedup();
    let version = offer.version.text();
    names
        .iter()
        .map(|name| format!("{name}={version}"))
        .collect()
}

/// The names behind `Depends:`, without versions.
fn dependencies(paragraph: &str) -> impl Iterator<Item = &str> {
    let all = field(paragraph, "Depends").unwrap_or_default();
    all.split([',', '|'])
        .filter_map(|one| one.split_whitespace().next())
}

fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    paragraph
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\
Package: linux-image-amd64
Version: 7.3.4-1~bpo13+1
Depends: linux-image-7.3.4+deb13-amd64 (= 7.3.4-1~bpo13+1)
Description: Linux

Package: linux-image-amd64
Version: 5.10.223-1
Depends: linux-image-5.10.0-32-amd64 (= 5.10.223-1)
";

    fn offer(version: &str, release: &str) -> Offer {
        Offer {
            version: Version::parse(version).unwrap(),
            release: release.to_owned(),
        }
    }

    #[test]
    fn each_release_of_debian_offers_the_kernel_its_package_asks_for() {
        let expected = [
            offer("7.3.4-1~bpo13+1", "7.3.4+deb13-amd64"),
            offer("5.10.223-1", "5.10.0-32-amd64"),
        ];
        assert_eq!(offers(SHOWN), expected);
        assert_eq!(offers(""), []);
    }

    #[test]
    fn a_kernel_in_one_package_is_that_package() {
        let shown = "Depends: kmod, linux-base (>= 4.3~), initramfs-tools | linux-initramfs-tool\n";
        let offer = offer("5.10.223-1", "5.10.0-32-amd64");
        let expected = ["linux-image-5.10.0-32-amd64=5.10.223-1"];
        assert_eq!(parts(shown, &offer), expected);
    }

    #[test]
    fn a_kernel_in_several_packages_is_all_of_them() {
        let shown = "Depends: dracut | linux-initramfs-tool, linux-base-7.3-amd64 (= 7.3-1), \
                     linux-binary-7.3-amd64 (= 7.3-1), linux-modules-7.3-amd64 (= 7.3-1)\n";
        let expected = ["base", "binary", "image", "modules"];
        let expected = expected.map(|part| format!("linux-{part}-7.3-amd64=7.3-1"));
        assert_eq!(parts(shown, &offer("7.3-1", "7.3-amd64")), expected);
    }

    #[test]
    fn the_mirror_is_that_of_a_release_of_debian() {
        let targets = "Somebody|stable|https://a.example/x/\n\
                       Debian|bookworm-security|http://b.example/debian-security/\n\
                       Debian|bookworm|http://b.example/debian/\n";
        let expected = Some("http://b.example/debian/".to_owned());
        assert_eq!(mirror_of(targets), expected);
        assert_eq!(mirror_of("Ubuntu|noble|http://b.example/ubuntu/\n"), None);
    }
}
