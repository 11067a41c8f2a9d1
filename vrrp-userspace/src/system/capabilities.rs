//! The capabilities that the daemon and its guard need, what each is for, and letting go of all others.
//!
//! Whoever lets go does so for good, with one way back: root gets whatever its bounding set holds when it starts a program. That way
//! stays open on purpose. A guard that is killed has to be replaced, and scripts of root, or programs that are root for whoever
//! starts them, have what they would have anywhere else; to take it from them is for the bounding set that we are started
//! with, which the unit of the package narrows.

use std::{fmt, io};

use rustix::{
    process::{Resource, Rlimit, geteuid, setrlimit},
    system::uname,
    thread::{
        CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, set_capabilities,
    },
};

/// A capability, and why.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// As `capabilities(7)` spells it.
    pub name: &'static str,
    /// As the kernel counts it.
    pub capability: CapabilitySet,
    /// Who keeps it.
    pub holder: Holder,
    /// What for, as the end of "it is needed to".
    pub purpose: &'static str,
    /// What becomes of us without, as a sentence.
    pub otherwise: &'static str,
}

/// Who keeps a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The daemon, which decides.
    Daemon,
    /// The guard, which runs scripts.
    Guard,
    /// Both.
    Both,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Daemon => "daemon",
            Self::Guard => "guard",
            Self::Both => "daemon and guard",
        })
    }
}

/// To set addresses.
pub const NET_ADMIN: Need = Need {
    name: "CAP_NET_ADMIN",
    capability: CapabilitySet::NET_ADMIN,
    holder: Holder::Both,
    purpose: "set addresses and attach the XDP program",
    otherwise: "Nothing starts.",
};

/// To speak and to hear.
pub const NET_RAW: Need = Need {
    name: "CAP_NET_RAW",
    capability: CapabilitySet::NET_RAW,
    holder: Holder::Both,
    purpose: "send and hear adverts",
    otherwise: "Nothing starts.",
};

/// To have packets judged in the kernel.
///
/// From Linux 5.19 on it could go once the program is loaded; but a reload may ask for the program where there was none, and a
/// program that somebody took off is loaded again.
pub const BPF: Need = Need {
    name: "CAP_BPF",
    capability: CapabilitySet::BPF,
    holder: Holder::Daemon,
    purpose: "load the XDP program, and before Linux 5.19 to read its maps",
    otherwise: "Adverts are judged on raw sockets.",
};

/// To have the program taken by a verifier of old, which refuses it to those who may not see pointers of the kernel's.
///
/// Without it 5.10 compares no two pointers into a packet, 6.1 takes a narrow value written where a register was kept for a corrupted
/// pointer, and 6.12 refuses what only a processor that guesses could do. 6.18 has none of these. Where it is needed it is kept
/// at hand, and in effect while the program is loaded and at no other time; elsewhere it goes at the start.
pub const PERFMON: Need = Need {
    name: "CAP_PERFMON",
    capability: CapabilitySet::PERFMON,
    holder: Holder::Daemon,
    purpose: "load the XDP program before Linux 6.18, in effect for that moment alone",
    otherwise: "Such a kernel may refuse the program, and adverts are judged on raw sockets.",
};

/// To run the elections before everything else.
///
/// Goes at the start where the limit on real-time priorities could be lifted, which takes `CAP_SYS_RESOURCE`; containers often have the one and
/// not the other. Kept at hand otherwise, and in effect while a thread is given its priority.
pub const SYS_NICE: Need = Need {
    name: "CAP_SYS_NICE",
    capability: CapabilitySet::SYS_NICE,
    holder: Holder::Daemon,
    purpose: "give the elections real-time priority where its limit cannot be lifted, in effect for that moment alone",
    otherwise: "The elections run as any other thread.",
};

/// The first kernel that was seen to take the program without it.
const NEEDS_NO_PERFMON: [u32; 2] = [6, 18];

/// To read what belongs to others.
pub const DAC_READ_SEARCH: Need = Need {
    name: "CAP_DAC_READ_SEARCH",
    capability: CapabilitySet::DAC_READ_SEARCH,
    holder: Holder::Daemon,
    purpose: "read configuration files that only somebody else may read, also at a reload",
    otherwise: "Such a file cannot be read.",
};

/// To become somebody else.
pub const SETUID: Need = Need {
    name: "CAP_SETUID",
    capability: CapabilitySet::SETUID,
    holder: Holder::Guard,
    purpose: "run scripts as their users",
    otherwise: "Nothing starts if a script has another user.",
};

/// To shed and take groups.
pub const SETGID: Need = Need {
    name: "CAP_SETGID",
    capability: CapabilitySet::SETGID,
    holder: Holder::Guard,
    purpose: "run scripts with the groups of their users",
    otherwise: "Nothing starts if a script has another user.",
};

/// To end what others run.
pub const KILL: Need = Need {
    name: "CAP_KILL",
    capability: CapabilitySet::KILL,
    holder: Holder::Guard,
    purpose: "end scripts of other users when their time is up",
    otherwise: "Nothing starts if a script has another user.",
};

/// To reach what is root's in places that are not.
pub const DAC_OVERRIDE: Need = Need {
    name: "CAP_DAC_OVERRIDE",
    capability: CapabilitySet::DAC_OVERRIDE,
    holder: Holder::Guard,
    purpose: "start scripts of root that lie in folders of others",
    otherwise: "Such a script cannot be run.",
};

/// All of them.
pub static NEEDS: [Need; 10] = [
    NET_ADMIN,
    NET_RAW,
    BPF,
    PERFMON,
    SYS_NICE,
    DAC_READ_SEARCH,
    SETUID,
    SETGID,
    KILL,
    DAC_OVERRIDE,
];

/// What this thread may do now.
///
/// # Errors
///
/// The kernel knows no capabilities.
pub fn effective() -> io::Result<CapabilitySet> {
    Ok(capabilities(None)?.effective)
}

/// Whether this thread has what `need` asks for.
#[must_use]
pub fn has(need: &Need) -> bool {
    effective().is_ok_and(|effective| effective.contains(need.capability))
}

/// Lets go of everything that `holder` does not need, and of what it does not need besides. To be called while the process has one thread,
/// since each has its own.
///
/// # Errors
///
/// The kernel refuses, which it has no reason to.
pub fn keep_only(holder: Holder, needless: &[Need]) -> io::Result<()> {
    let mut had = capabilities(None)?;
    for need in needless {
        had.permitted -= need.capability;
    }
    if is_since(&uname().release().to_string_lossy(), NEEDS_NO_PERFMON) {
        had.permitted -= PERFMON.capability;
    }
    let is_root = geteuid().is_root();
    set_capabilities(None, reduced(had, holder, is_root))?;
    if is_root || holder == Holder::Guard {
        // A script that is not root's has no use for ours.
        clear_ambient_capability_set()?;
    }
    Ok(())
}

/// Does `work` while what `need` asks for, and this thread keeps at hand, is in effect. Does nothing where it is not at hand, or in effect
/// anyway.
pub fn with<T>(need: &Need, work: impl FnOnce() -> T) -> Option<T> {
    let had = capabilities(None).ok()?;
    if had.effective.contains(need.capability) || !had.permitted.contains(need.capability) {
        return None;
    }
    let raised = CapabilitySets {
        effective: had.effective | need.capability,
        ..had
    };
    set_capabilities(None, raised).ok()?;
    let done = work();
    // To take something out of effect is never refused.
    set_capabilities(None, had).ok();
    Some(done)
}

/// Whether a kernel that calls itself `release` is at least `first`; one that cannot be read is.
fn is_since(release: &str, first: [u32; 2]) -> bool {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => [major, minor] >= first,
        _ => true,
    }
}

/// What is left of `had`.
fn reduced(had: CapabilitySets, holder: Holder, is_root: bool) -> CapabilitySets {
    let own = had.permitted & wanted(holder);
    let effective = own - PERFMON.capability - SYS_NICE.capability;
    if is_root || holder == Holder::Guard {
        return CapabilitySets {
            effective,
            permitted: own,
            inheritable: CapabilitySet::empty(),
        };
    }
    // Somebody else's guard, if it has to be started again, has what it inherits and nothing more.
    let both = own | (had.permitted & wanted(Holder::Guard));
    CapabilitySets {
        effective,
        permitted: both,
        inheritable: had.inheritable & both,
    }
}

fn wanted(holder: Holder) -> CapabilitySet {
    let needs = NEEDS
        .iter()
        .filter(|need| need.holder == holder || need.holder == Holder::Both);
    needs.fold(CapabilitySet::empty(), |all, need| all | need.capability)
}

/// Before Linux 5.11 the memory of maps counts as locked, and what is allowed by default is too little. To be asked for
/// while we may; where it is refused, loading the program says so.
pub fn lift_memory_lock_limit() {
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    setrlimit(Resource::Memlock, unlimited).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> CapabilitySets {
        CapabilitySets {
            effective: CapabilitySet::all(),
            permitted: CapabilitySet::all(),
            inheritable: CapabilitySet::all(),
        }
    }

    #[test]
    fn the_daemon_of_root_keeps_its_own_and_passes_nothing_on() {
        let left = reduced(everything(), Holder::Daemon, true);
        let own =
            NET_ADMIN.capability | NET_RAW.capability | BPF.capability | DAC_READ_SEARCH.capability;
        assert_eq!(left.effective, own);
        // At hand, for the moment that needs it.
        let at_hand = PERFMON.capability | SYS_NICE.capability;
        assert_eq!(left.permitted, own | at_hand);
        assert_eq!(left.inheritable, CapabilitySet::empty());
    }

    #[test]
    fn the_guard_has_nothing_to_load() {
        let left = reduced(everything(), Holder::Guard, true);
        assert!(!left.permitted.contains(PERFMON.capability));
    }

    #[test]
    fn a_kernel_is_known_by_its_first_two_numbers() {
        for (release, expected) in [
            ("5.10.0-32-amd64", false),
            ("6.1.0-56-amd64", false),
            ("6.2.0", false),
            ("6.12.117+deb13-amd64", false),
            ("6.18.44-x", true),
            ("7.3.4", true),
            ("10.0", true),
            ("plan9", true),
        ] {
            assert_eq!(is_since(release, NEEDS_NO_PERFMON), expected, "{release}");
        }
    }

    #[test]
    fn the_daemon_of_somebody_else_holds_what_its_next_guard_will_need() {
        let left = reduced(everything(), Holder::Daemon, false);
        assert!(!left.effective.contains(SETUID.capability));
        assert!(left.permitted.contains(SETUID.capability));
        assert_eq!(left.inheritable, left.permitted);
        assert!(!left.permitted.contains(CapabilitySet::SYS_ADMIN));
    }

    #[test]
    fn the_table_for_people_says_the_same() {
        let table = include_str!("../../../docs/install.md");
        for need in &NEEDS {
            let holder = match need.holder {
                Holder::Both => "both".to_owned(),
                Holder::Daemon | Holder::Guard => need.holder.to_string(),
            };
            let row = format!("| `{}` | {holder} | {} |", need.name, need.purpose);
            assert!(table.contains(&row), "docs/install.md lacks: {row}");
        }
    }

    #[test]
    fn nobody_keeps_what_he_did_not_have() {
        let nothing = CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::NET_RAW,
            inheritable: CapabilitySet::empty(),
        };
        let left = reduced(nothing, Holder::Guard, true);
        assert_eq!(left.permitted, CapabilitySet::NET_RAW);
    }
}
