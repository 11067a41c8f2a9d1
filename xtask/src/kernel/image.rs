//! A kernel of Debian's, unpacked in the project's own folder, and the first files of a guest that runs it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::{
    archive::{Archive, Offer},
    version::Version,
};
use crate::{console, process, workspace};

/// What the guest needs to see the host's files, with whatever those need.
const FIRST_MODULES: &[&str] = &["virtio_pci", "9p", "9pnet_virtio", "overlay"];
const INIT: &str = include_str!("init.sh");
const GUEST: &str = include_str!("guest.sh");
/// The file that says which version of Debian's package it is.
const VERSION: &str = "debian-version";

/// A kernel in a folder.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) version: Version,
    /// What `uname -r` will say.
    pub(super) release: String,
    folder: PathBuf,
}

impl Image {
    /// Those that earlier runs have left in `folder`.
    pub(super) fn unpacked(folder: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let image = |folder: PathBuf| {
            let version = fs::read_to_string(folder.join(VERSION)).ok()?;
            Some(Self {
                version: Version::parse(version.trim())?,
                release: folder.file_name()?.to_str()?.to_owned(),
                folder,
            })
        };
        entries
            .filter_map(|entry| image(entry.ok()?.path()))
            .collect()
    }

    /// Fetches and unpacks what `archive` offers. It appears in `folder` when it is whole.
    pub(super) fn fetch(archive: &Archive, offer: &Offer, folder: &Path) -> Result<Self> {
        console::heading(&format!(
            "Fetching Linux {} ({})",
            offer.version, offer.release
        ));
        let unfinished = folder.join(format!(".{}", offer.release));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        let packages = unfinished.join("packages");
        for package in archive.fetch(offer, &packages)? {
            process::run(Command::new("dpkg").arg("-x").arg(package).arg(&unfinished))?;
        }
        fs::remove_dir_all(packages)?;
        let mut image = Self {
            version: offer.version.clone(),
            release: offer.release.clone(),
            folder: unfinished,
        };
        let mut depmod = Command::new(system_program("depmod")?);
        depmod.arg("-b").arg(image.base()?).arg(&image.release);
        process::run(&mut depmod)?;
        fs::write(image.folder.join(VERSION), image.version.text())?;
        let whole = folder.join(&image.release);
        fs::rename(&image.folder, &whole)?;
        image.folder = whole;
        Ok(image)
    }

    /// The folder that has `lib/modules`: Debian's packages moved it below `usr`.
    fn base(&self) -> Result<PathBuf> {
        let bases = [self.folder.join("usr"), self.folder.clone()];
        let has_modules = |base: &PathBuf| base.join("lib/modules").join(&self.release).is_dir();
        bases.into_iter().find(has_modules).with_context(|| {
            format!(
                "there are no modules of {} in {}",
                self.release,
                self.folder.display()
            )
        })
    }

    /// Where its modules lie.
    pub(super) fn modules(&self) -> Result<PathBuf> {
        Ok(self.base()?.join("lib/modules").join(&self.release))
    }

    /// What a machine starts.
    pub(super) fn vmlinuz(&self) -> Result<PathBuf> {
        let places = [
            self.folder.join(format!("boot/vmlinuz-{}", self.release)),
            self.modules()?.join("vmlinuz"),
        ];
        let found = places.into_iter().find(|place| place.is_file());
        found.with_context(|| format!("there is no kernel in {}", self.folder.display()))
    }

    /// Packs the guest's first files, with the script it is to follow, into `folder`.
    pub(super) fn pack(&self, script: &str, folder: &Path) -> Result<PathBuf> {
        let tree = folder.join("initramfs");
        if tree.exists() {
            fs::remove_dir_all(&tree)?;
        }
        for place in ["bin", "proc", "sys", "dev", "modules"] {
            fs::create_dir_all(tree.join(place))?;
        }
        fs::copy(busybox()?, tree.join("bin/busybox"))?;
        fs::write(tree.join("init"), INIT)?;
        fs::set_permissions(tree.join("init"), fs::Permissions::from_mode(0o755))?;
        fs::write(tree.join("guest.sh"), GUEST)?;
        fs::write(tree.join("plan.sh"), script)?;
        self.add_modules(&tree.join("modules"))?;
        let packed = folder.join("initramfs.cpio");
        pack_tree(&tree, &packed)?;
        fs::remove_dir_all(tree)?;
        Ok(packed)
    }

    fn add_modules(&self, folder: &Path) -> Result<()> {
        let mut modprobe = Command::new(system_program("modprobe")?);
        modprobe
            .args([
                "--set-version",
                &self.release,
                "--show-depends",
                "--all",
                "--dirname",
            ])
            .arg(self.base()?)
            .args(FIRST_MODULES);
        let shown = modprobe.stdin(Stdio::null()).output()?;
        let mut order = String::new();
        for path in in_order(&String::from_utf8_lossy(&shown.stdout)) {
            let name = unpack_module(&path, folder)?;
            order += &format!("{name}\n");
        }
        if !order.contains("9pnet_virtio") {
            let why = String::from_utf8_lossy(&shown.stderr);
            bail!(
                "Linux {} has no 9p over virtio: {}",
                self.release,
                why.trim()
            );
        }
        Ok(fs::write(folder.join("order"), order)?)
    }
}

/// The files that `modprobe --show-depends` lists, each once; what is built in needs none.
fn in_order(shown: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for line in shown.lines() {
        let path = line
            .strip_prefix("insmod ")
            .map(|path| PathBuf::from(path.trim()));
        paths.extend(path.filter(|path| !paths.contains(path)));
    }
    paths
}

/// Puts a module there as the kernel takes it, and returns its name.
fn unpack_module(module: &Path, folder: &Path) -> Result<String> {
    let name = module
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let Some(plain) = name.strip_suffix(".xz") else {
        fs::copy(module, folder.join(&name))?;
        return Ok(name);
    };
    let file = fs::File::create(folder.join(plain))?;
    let mut unpack = Command::new(busybox()?);
    process::run(unpack.arg("xzcat").arg(module).stdout(file))?;
    Ok(plain.to_owned())
}

fn pack_tree(tree: &Path, packed: &Path) -> Result<()> {
    let mut list = Command::new(busybox()?)
        .args(["find", "."])
        .current_dir(tree)
        .stdout(Stdio::piped())
        .spawn()?;
    let names = list.stdout.take().context("a list of files")?;
    let mut cpio = Command::new(busybox()?);
    cpio.args(["cpio", "-o", "-H", "newc"])
        .current_dir(tree)
        .stdin(names)
        .stdout(fs::File::create(packed)?)
        .stderr(Stdio::null());
    process::run(&mut cpio)?;
    list.wait()?;
    Ok(())
}

/// A shell and its tools in one file, which needs no libraries: there are none yet where it runs.
fn busybox() -> Result<PathBuf> {
    let path = system_program("busybox")?;
    let bytes = fs::read(&path)?;
    let head = &bytes[..bytes.len().min(4096)];
    if head.windows(LOADER.len()).any(|window| window == LOADER) {
        bail!(
            "{} needs libraries, and the guest begins without\nhelp: apt-get install busybox-static",
            path.display()
        );
    }
    Ok(path)
}

/// What a program that needs libraries names near its beginning.
const LOADER: &[u8] = b"/ld-linux";

fn system_program(name: &str) -> Result<PathBuf> {
    workspace::find(name).with_context(|| format!("there is no {name} here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_once_and_in_the_order_they_need_each_other() {
        let shown = "builtin virtio_pci\ninsmod /m/netfs.ko.xz \ninsmod /m/9p.ko.xz \n\
                     insmod /m/netfs.ko.xz \ninsmod /m/overlay.ko \n";
        let expected = ["/m/netfs.ko.xz", "/m/9p.ko.xz", "/m/overlay.ko"];
        assert_eq!(in_order(shown), expected.map(PathBuf::from));
    }
}
