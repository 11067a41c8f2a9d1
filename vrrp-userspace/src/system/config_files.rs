//! Configuration files on a disk, with keepalived's rules about which ones are read.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use crate::config::{Source, SourceError};

/// Reads files of this host.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskSource;

/// Fifty thousand addresses fit twice.
const LARGEST: u64 = 4 << 20;

const EXECUTABLE_BY_ANYONE: u32 = 0o111;

impl Source for DiskSource {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        // Looked at before it is opened: opening a pipe would wait for its writer.
        let metadata = std::fs::metadata(Path::new(name)).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(SourceError::IsDirectory);
        }
        if !metadata.is_file() {
            return Err(SourceError::NotRegular);
        }
        if metadata.permissions().mode() & EXECUTABLE_BY_ANYONE != 0 {
            return Err(SourceError::Executable);
        }
        let mut bytes = Vec::new();
        let file = File::open(name).map_err(unreadable)?;
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
            return Err(SourceError::TooLarge { limit: LARGEST });
        }
        Ok(bytes)
    }
}

fn unreadable(error: std::io::Error) -> SourceError {
    if error.kind() == ErrorKind::NotFound {
        SourceError::NotFound
    } else {
        SourceError::Unreadable(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    fn written(directory: &tempfile::TempDir, mode: u32) -> PathBuf {
        let path = directory.path().join("keepalived.conf");
        fs::write(&path, "global_defs {\n}\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
        DiskSource.read(path.to_str().unwrap())
    }

    #[test]
    fn an_ordinary_file_is_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            read(&written(&directory, 0o644)),
            Ok(b"global_defs {\n}\n".to_vec())
        );
    }

    /// keepalived: an executable file is a script that somebody gave by mistake.
    #[test]
    fn an_executable_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            read(&written(&directory, 0o755)),
            Err(SourceError::Executable)
        );
    }

    #[test]
    fn what_is_not_a_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()), Err(SourceError::IsDirectory));
        assert_eq!(read(Path::new("/dev/null")), Err(SourceError::NotRegular));
        assert_eq!(
            read(&directory.path().join("absent")),
            Err(SourceError::NotFound)
        );
        let below_a_file = written(&directory, 0o644).join("absent");
        assert!(matches!(
            read(&below_a_file),
            Err(SourceError::Unreadable(_))
        ));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sparse");
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert_eq!(read(&path), Err(SourceError::TooLarge { limit: LARGEST }));
    }
}
