//! What a Debian package says about itself. Pure.

use std::fmt;

/// The version of the workspace, which all its packages share.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

const MAINTAINER: &str = "The xvrrpd contributors <xvrrpd@packages.invalid>";

/// What is not the same in every build of a version.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) architecture: String,
    /// What the libraries it is linked with are in.
    pub(super) depends: String,
    pub(super) installed_kibibytes: u64,
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            architecture,
            depends,
            installed_kibibytes,
        } = self;
        write!(
            f,
            "Package: xvrrpd\n\
             Version: {VERSION}\n\
             Architecture: {architecture}\n\
             Maintainer: {MAINTAINER}\n\
             Installed-Size: {installed_kibibytes}\n\
             Pre-Depends: init-system-helpers (>= 1.54~)\n\
             Depends: {depends}, sysvinit-utils (>= 3.05-4) | lsb-base\n\
             Recommends: nftables\n\
             Suggests: bpftool\n\
             Provides: keepalived\n\
             Conflicts: keepalived\n\
             Replaces: keepalived\n\
             Section: admin\n\
             Priority: optional\n\
             Description: VRRP daemon that keeps virtual IP addresses alive\n \
             A drop-in for the VRRP part of keepalived: it reads an unmodified\n \
             keepalived.conf, shares virtual routers with keepalived peers, and calls\n \
             the same scripts.\n \
             .\n \
             An XDP program judges adverts and gratuitous ARP in the kernel. Before a\n \
             takeover by silence the kernel's own record of adverts is read, so that a\n \
             busy daemon does not fail over for the wrong reason. The load balancer of\n \
             keepalived (virtual_server) is not part of it.\n"
        )
    }
}

/// The changelog that Debian wants; ours, for operators, lies beside it.
pub(super) fn changelog(date: &str) -> String {
    format!(
        "xvrrpd ({VERSION}) unstable; urgency=medium\n\n  \
         * See CHANGELOG.md.gz in this folder.\n\n \
         -- {MAINTAINER}  {date}\n"
    )
}

/// The declaration with the licence it announces below it.
pub(super) fn copyright(declaration: &str, licence: &str) -> String {
    let indented = licence
        .trim_end()
        .lines()
        .map(|line| match line.trim_end() {
            "" => " .\n".to_owned(),
            line => format!(" {line}\n"),
        });
    format!("{} .\n{}", declaration, indented.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_keepaliveds_place() {
        let control = Control {
            architecture: "amd64".into(),
            depends: "libc6 (>= 2.34)".into(),
            installed_kibibytes: 4711,
        };
        let text = control.to_string();
        for line in [
            "Provides: keepalived",
            "Conflicts: keepalived",
            "Replaces: keepalived",
            "Depends: libc6 (>= 2.34), sysvinit-utils (>= 3.05-4) | lsb-base",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        let is_folded = |line: &str| line.starts_with(' ') || line.contains(": ");
        assert!(text.lines().all(is_folded), "{text}");
    }

    #[test]
    fn the_licence_becomes_part_of_a_paragraph() {
        assert_eq!(
            copyright("License: MIT\n As follows.\n", "One\n\nTwo\n"),
            "License: MIT\n As follows.\n .\n One\n .\n Two\n"
        );
    }
}
