//! The keys: one table for dispatch, footer and help.

/// A key and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The character it gives.
    pub key: char,
    /// What the footer calls it.
    pub name: &'static str,
    /// What the help says.
    pub help: &'static str,
    /// What it does.
    pub does: Does,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Something to the lab.
    Deed(Deed),
    /// Selects the other node.
    SelectOther,
    /// Shows or hides the help.
    Help,
    /// Ends it.
    Quit,
}

/// What can be done to the lab; most of it to the selected node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// HAProxy is killed.
    KillHaproxy,
    /// HAProxy is killed and cannot start again.
    BreakHaproxy,
    /// The daemon is killed without warning.
    KillDaemon,
    /// The daemon is stopped as an administrator does.
    StopDaemon,
    /// The daemon is stopped in its tracks.
    PauseDaemon,
    /// The cable of the first network is pulled.
    CutLink,
    /// Adverts with a wrong password flood the first network.
    Flood,
    /// A stranger claims a virtual address.
    Claim,
    /// The daemon reads its configuration again.
    Reload,
    /// HAProxy is repaired and runs.
    MendHaproxy,
    /// The daemon is started.
    StartDaemon,
    /// A paused daemon goes on.
    ContinueDaemon,
    /// The cable is plugged in.
    PlugLink,
    /// All of these, as far as they are needed, and the flood is over.
    MendAll,
}

impl Deed {
    /// Whether it is done to the network, and not to the selected node.
    #[must_use]
    pub const fn is_to_the_network(self) -> bool {
        matches!(self, Self::Flood | Self::Claim)
    }

    /// Whether it takes away what another key has broken.
    #[must_use]
    pub const fn mends(self) -> bool {
        matches!(
            self,
            Self::MendHaproxy
                | Self::StartDaemon
                | Self::ContinueDaemon
                | Self::PlugLink
                | Self::MendAll
        )
    }
}

/// Every key there is, in the order of footer and help.
pub const BINDINGS: &[Binding] = &[
    deed(
        'h',
        "haproxy",
        "kill HAProxy; the check script starts it again",
        Deed::KillHaproxy,
    ),
    deed(
        'b',
        "break it",
        "kill it and break its file; the script stops the daemon",
        Deed::BreakHaproxy,
    ),
    deed(
        'k',
        "kill -9",
        "kill the daemon; its guard removes the addresses",
        Deed::KillDaemon,
    ),
    deed(
        's',
        "stop",
        "stop the daemon; it says farewell with priority 0",
        Deed::StopDaemon,
    ),
    deed(
        'p',
        "pause",
        "SIGSTOP the daemon; the other node takes over",
        Deed::PauseDaemon,
    ),
    deed(
        'c',
        "cut",
        "pull eth0's cable; the node goes to FAULT",
        Deed::CutLink,
    ),
    deed(
        'f',
        "flood",
        "200 adverts/s with a wrong password, for 10 s",
        Deed::Flood,
    ),
    deed(
        'g',
        "garp",
        "a stranger claims 192.168.0.5 by gratuitous ARP",
        Deed::Claim,
    ),
    deed(
        'r',
        "reload",
        "SIGHUP; nothing changed, so nothing happens",
        Deed::Reload,
    ),
    deed(
        'H',
        "heal",
        "repair HAProxy's file and start it",
        Deed::MendHaproxy,
    ),
    deed(
        'S',
        "start",
        "start the daemon; `nopreempt` keeps it Backup",
        Deed::StartDaemon,
    ),
    deed(
        'P',
        "go on",
        "SIGCONT; it hears who is Active and yields",
        Deed::ContinueDaemon,
    ),
    deed('C', "plug in", "plug eth0's cable in again", Deed::PlugLink),
    deed(
        'm',
        "mend",
        "mend all that is broken on the node, and end the flood",
        Deed::MendAll,
    ),
    Binding {
        key: '\t',
        name: "node",
        help: "select the other node, on which keys act",
        does: Does::SelectOther,
    },
    Binding {
        key: '?',
        name: "help",
        help: "show or hide this",
        does: Does::Help,
    },
    Binding {
        key: 'q',
        name: "quit",
        help: "take the lab down and leave; Ctrl-C too",
        does: Does::Quit,
    },
];

const fn deed(key: char, name: &'static str, help: &'static str, deed: Deed) -> Binding {
    Binding {
        key,
        name,
        help,
        does: Does::Deed(deed),
    }
}

impl Binding {
    /// The binding of a key.
    #[must_use]
    pub fn of(key: char) -> Option<&'static Self> {
        BINDINGS.iter().find(|binding| binding.key == key)
    }

    /// The binding that does this.
    #[must_use]
    pub fn to(deed: Deed) -> Option<&'static Self> {
        BINDINGS
            .iter()
            .find(|binding| binding.does == Does::Deed(deed))
    }

    /// The key as it is printed.
    #[must_use]
    pub fn key_name(&self) -> String {
        match self.key {
            '\t' => "Tab".into(),
            key => key.into(),
        }
    }
}
