//! The programs of the system that the lab and the tests run, and what each distribution calls their packages.

use std::process::{Command, Stdio};

use super::distribution::Distribution;
use crate::workspace;

/// What the tools are for; each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// The compiler and linker of the XDP program alone.
    Build,
    /// Two nodes, a client and a mail server in namespaces.
    Lab,
    /// Everything that this host tests by itself.
    Tests,
    /// Guests with other kernels.
    Kernels,
}

/// A program, why it is needed, and the package it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    pub(crate) why: &'static str,
    purpose: Purpose,
    /// Debian, Ubuntu, Fedora, Arch.
    packages: [&'static str; 4],
}

const fn tool(
    program: &'static str,
    why: &'static str,
    purpose: Purpose,
    packages: [&'static str; 4],
) -> Tool {
    Tool {
        program,
        why,
        purpose,
        packages,
    }
}

const fn same(
    program: &'static str,
    why: &'static str,
    purpose: Purpose,
    package: &'static str,
) -> Tool {
    tool(program, why, purpose, [package; 4])
}

/// Stands for the package of a program that comes with the running kernel.
const WITH_THE_KERNEL: &str = "linux-tools";

/// Stands for the package of a program that had none of its own.
const WITH_THE_SERVER: &str = "prometheus";

const TOOLS: &[Tool] = &[
    same(
        "keepalived",
        "the other node, and the init script that a node's check calls",
        Purpose::Lab,
        "keepalived",
    ),
    same(
        "haproxy",
        "the service the nodes keep alive",
        Purpose::Lab,
        "haproxy",
    ),
    same("nft", "what `no_accept` asks for", Purpose::Lab, "nftables"),
    tool(
        "ip",
        "looking into the nodes",
        Purpose::Lab,
        ["iproute2", "iproute2", "iproute", "iproute2"],
    ),
    tool(
        "bpftool",
        "showing the live maps",
        Purpose::Lab,
        ["bpftool", WITH_THE_KERNEL, "bpftool", "bpf"],
    ),
    tool(
        "/usr/bin/aiosmtpd",
        "a mail server on each node",
        Purpose::Lab,
        [
            "python3-aiosmtpd",
            "python3-aiosmtpd",
            "python3-aiosmtpd",
            "python-aiosmtpd",
        ],
    ),
    same(
        "curl",
        "asking whether anybody answers at an address",
        Purpose::Tests,
        "curl",
    ),
    same(
        "tcpdump",
        "captures of what a node sends",
        Purpose::Lab,
        "tcpdump",
    ),
    tool(
        "ps",
        "looking at a node's processes",
        Purpose::Lab,
        ["procps", "procps", "procps-ng", "procps-ng"],
    ),
    tool(
        "pidof",
        "called by the check script",
        Purpose::Lab,
        ["sysvinit-utils", "sysvinit-utils", "procps-ng", "procps-ng"],
    ),
    tool(
        "service",
        "called by the check script",
        Purpose::Lab,
        [
            "init-system-helpers",
            "init-system-helpers",
            "initscripts-service",
            "openrc",
        ],
    ),
    same(
        "/lib/systemd/systemd",
        "machines on which the package is installed",
        Purpose::Tests,
        "systemd",
    ),
    tool(
        "dpkg-shlibdeps",
        "packing for Debian",
        Purpose::Tests,
        ["dpkg-dev", "dpkg-dev", "dpkg-dev", "dpkg"],
    ),
    same("man", "reading the manual pages", Purpose::Tests, "man-db"),
    same(
        "strace",
        "holding a thread of the daemon where it is",
        Purpose::Tests,
        "strace",
    ),
    same("unshare", "making namespaces", Purpose::Lab, "util-linux"),
    tool(
        "tshark",
        "an independent judge of our adverts",
        Purpose::Tests,
        ["tshark", "tshark", "wireshark-cli", "wireshark-cli"],
    ),
    // Its server stays off: `install.sh` neither starts nor enables what a package brings.
    tool(
        "promtool",
        "an independent judge of our metrics",
        Purpose::Tests,
        [
            WITH_THE_SERVER,
            WITH_THE_SERVER,
            "golang-github-prometheus",
            "prometheus",
        ],
    ),
    same(
        "ethtool",
        "making a link leave VLAN tags where they are",
        Purpose::Lab,
        "ethtool",
    ),
    tool(
        "qemu-system-x86_64",
        "a machine for another kernel",
        Purpose::Kernels,
        [
            "qemu-system-x86",
            "qemu-system-x86",
            "qemu-system-x86-core",
            "qemu-system-x86",
        ],
    ),
    tool(
        "busybox",
        "the first program of a guest",
        Purpose::Kernels,
        ["busybox-static", "busybox-static", "busybox", "busybox"],
    ),
    same(
        "depmod",
        "finding the modules of a kernel",
        Purpose::Kernels,
        "kmod",
    ),
    same(
        "setpriv",
        "ending a guest with xtask",
        Purpose::Kernels,
        "util-linux",
    ),
];

impl Tool {
    /// The packages to install, by the distribution's names; by the program's name where it is unknown.
    pub(crate) fn packages(&self, distribution: &Distribution) -> Vec<String> {
        let [debian, ubuntu, fedora, arch] = self.packages;
        let package = match distribution {
            Distribution::Debian { version } if debian == WITH_THE_SERVER => {
                promtool(version.is_none_or(|version| version >= 13))
            }
            Distribution::Debian { .. } => debian,
            Distribution::Ubuntu { release, kernel } if ubuntu == WITH_THE_KERNEL => {
                return with_the_kernel(*release, kernel);
            }
            Distribution::Ubuntu { release, .. } if ubuntu == WITH_THE_SERVER => {
                promtool(*release >= 2510)
            }
            Distribution::Ubuntu { .. } => ubuntu,
            Distribution::Fedora => fedora,
            Distribution::Arch => arch,
            Distribution::Other { .. } => self.program,
        };
        vec![package.to_owned()]
    }

    fn is_missing(&self) -> bool {
        match self.program {
            // Ubuntu has a `bpftool` that only says which package to install.
            "bpftool" => !workspace::find("bpftool")
                .is_some_and(|path| answers(&path.to_string_lossy(), &["version"])),
            program => workspace::find(program).is_none(),
        }
    }
}

/// Debian 13 and Ubuntu 25.10 have a package of promtool's own; before, it came with the server.
const fn promtool(is_apart: bool) -> &'static str {
    if is_apart {
        "promtool"
    } else {
        WITH_THE_SERVER
    }
}

/// Ubuntu has a package of bpftool's own since 25.04; before, it came with the tools of each kernel.
fn with_the_kernel(release: u32, kernel: &str) -> Vec<String> {
    const FIRST_WITH_BPFTOOL: u32 = 2504;
    if release >= FIRST_WITH_BPFTOOL {
        return vec!["bpftool".to_owned()];
    }
    vec![
        "linux-tools-common".to_owned(),
        format!("linux-tools-{kernel}"),
    ]
}

/// The tools that `purpose` needs and this machine lacks.
pub(crate) fn missing(purpose: Purpose) -> Vec<Tool> {
    TOOLS
        .iter()
        .filter(|tool| tool.purpose <= purpose && tool.is_missing())
        .copied()
        .collect()
}

/// Everything, for the tests of the plan.
#[cfg(test)]
pub(crate) const fn all() -> &'static [Tool] {
    TOOLS
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
