//! Which distribution is this?

/// As far as package names depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Distribution {
    Debian {
        /// 12; `None` for testing, unstable and descendants with numbers of their own.
        version: Option<u32>,
    },
    Ubuntu {
        /// 24.04 is 2404.
        release: u32,
        /// As `uname -r` says; some tools are packaged by it.
        kernel: String,
    },
    Fedora,
    Arch,
    Other {
        name: String,
    },
}

impl Distribution {
    /// Reads `/etc/os-release`: the distribution itself, else the first it says it is like.
    pub(crate) fn from_os_release(text: &str, kernel: &str) -> Self {
        let field = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches('"')
        };
        let version = field("VERSION_ID");
        let ids = std::iter::once(field("ID")).chain(field("ID_LIKE").split_whitespace());
        for (position, id) in ids.enumerate() {
            let is_itself = position == 0;
            match id {
                "debian" => {
                    return Self::Debian {
                        version: version.parse().ok().filter(|_| is_itself),
                    };
                }
                "ubuntu" => {
                    let release = version.replace('.', "").parse().ok().filter(|_| is_itself);
                    return Self::Ubuntu {
                        release: release.unwrap_or_default(),
                        kernel: kernel.to_owned(),
                    };
                }
                "fedora" | "rhel" => return Self::Fedora,
                "arch" => return Self::Arch,
                _ => {}
            }
        }
        Self::Other {
            name: field("PRETTY_NAME").to_owned(),
        }
    }

    /// The command that installs packages, as far as xtask does not run it itself.
    pub(crate) fn installer(&self) -> Option<&'static str> {
        match self {
            Self::Debian { .. } | Self::Ubuntu { .. } => Some("apt-get install"),
            Self::Fedora => Some("dnf install"),
            Self::Arch => Some("pacman -S --needed"),
            Self::Other { .. } => None,
        }
    }

    /// Whether xtask can install packages here.
    pub(crate) fn has_apt(&self) -> bool {
        matches!(self, Self::Debian { .. } | Self::Ubuntu { .. })
    }

    /// Packages of a Rust new enough for this project, with its library source, for where rustup has none.
    pub(crate) fn rust_packages(&self) -> Option<&'static [&'static str]> {
        const SINCE: u32 = 12;
        match self {
            Self::Debian {
                version: Some(SINCE),
            } => Some(&["rustc-web", "cargo-web", "rust-web-src"]),
            Self::Debian { .. }
            | Self::Ubuntu { .. }
            | Self::Fedora
            | Self::Arch
            | Self::Other { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_known_by_its_name_or_by_what_it_is_like() {
        let read = |text| Distribution::from_os_release(text, "6.8.0-1");
        let ubuntu = |release| Distribution::Ubuntu {
            release,
            kernel: "6.8.0-1".to_owned(),
        };

        assert_eq!(
            read("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"),
            Distribution::Debian { version: Some(12) }
        );
        assert_eq!(read("ID=debian"), Distribution::Debian { version: None });
        assert_eq!(
            read("ID=ubuntu\nVERSION_ID=\"24.04\"\nID_LIKE=debian"),
            ubuntu(2404)
        );
        assert_eq!(
            read("ID=linuxmint\nVERSION_ID=\"22\"\nID_LIKE=\"ubuntu debian\""),
            ubuntu(0)
        );
        assert_eq!(
            read("ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9"),
            Distribution::Fedora
        );
        assert_eq!(
            read("ID=nixos\nPRETTY_NAME=\"NixOS 25.05\""),
            Distribution::Other {
                name: "NixOS 25.05".to_owned()
            }
        );
    }
}
