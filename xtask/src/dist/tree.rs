//! The tree that becomes a package: each file with the mode it is to have, whatever the umask.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// A folder that was empty.
pub(super) struct Tree(PathBuf);

impl Tree {
    pub(super) fn new(root: PathBuf) -> Result<Self> {
        if root.exists() {
            fs::remove_dir_all(&root)
                .with_context(|| format!("cannot empty {}", root.display()))?;
        }
        fs::create_dir_all(&root)?;
        let tree = Self(root);
        tree.folder("")?;
        Ok(tree)
    }

    pub(super) fn root(&self) -> &Path {
        &self.0
    }

    /// A folder that everybody may enter, as those above it.
    pub(super) fn folder(&self, path: &str) -> Result<()> {
        let mut folder = self.0.clone();
        let parts = Path::new(path).components().map(Some);
        for part in std::iter::once(None).chain(parts) {
            folder.extend(part);
            if !folder.exists() {
                fs::create_dir(&folder)?;
            }
            fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    pub(super) fn copy(&self, from: &Path, to: &str, mode: u32) -> Result<()> {
        let text = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.put(to, &text, mode)
    }

    pub(super) fn write(&self, to: &str, text: &str, mode: u32) -> Result<()> {
        self.put(to, text.as_bytes(), mode)
    }

    /// The same bytes for the same text: no name and no time inside.
    pub(super) fn compress(&self, from: &Path, to: &str) -> Result<()> {
        let gzip = Command::new("gzip")
            .args(["-9", "--no-name", "--stdout"])
            .arg(from)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run gzip")?;
        if !gzip.status.success() {
            bail!("{} could not be compressed", from.display());
        }
        self.put(to, &gzip.stdout, 0o644)
    }

    fn put(&self, to: &str, text: &[u8], mode: u32) -> Result<()> {
        let (folder, _) = to.rsplit_once('/').unwrap_or_default();
        self.folder(folder)?;
        let path = self.0.join(to);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(())
    }

    /// A sum for each file, as `DEBIAN/md5sums` has them.
    pub(super) fn sums(&self) -> Result<String> {
        let files = self.files()?;
        let md5sum = Command::new("md5sum")
            .arg("--")
            .args(&files)
            .current_dir(&self.0)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run md5sum")?;
        if !md5sum.status.success() {
            bail!("the sums could not be computed");
        }
        Ok(String::from_utf8(md5sum.stdout)?)
    }

    /// What it takes on a disk, roughly: every file in whole kibibytes.
    pub(super) fn kibibytes(&self) -> Result<u64> {
        let mut sum = 0;
        for file in self.files()? {
            sum += fs::metadata(self.0.join(file))?.len().div_ceil(1024);
        }
        Ok(sum)
    }

    /// Every file below the root, in order, named from there.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(&self.0)?.to_owned());
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
