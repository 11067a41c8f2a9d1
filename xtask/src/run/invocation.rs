//! Does this command line start a daemon, ask one, or only read a file?

use std::ffi::OsString;

/// What arguments of `xvrrpd` amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// Stays and takes part in elections.
    Daemon,
    /// Talks to a daemon and ends.
    Question,
    /// Reads files and ends.
    Reading,
}

impl Invocation {
    /// Judges by the first word that decides, as the daemon itself does.
    pub(crate) fn of(arguments: &[OsString]) -> Self {
        let words = arguments.iter().map(|word| word.to_string_lossy());
        for word in words {
            match word.split('=').next().unwrap_or_default() {
                "check" | "explain" | "replay" | "completions" | "help" | "--help" | "-h"
                | "--version" | "-v" | "--config-test" | "--signum" => return Self::Reading,
                "status" | "history" | "reload" | "capture" | "doctor" => return Self::Question,
                short if short.starts_with("-t") => return Self::Reading,
                _ => {}
            }
        }
        Self::Daemon
    }

    /// Files are read as the user; the socket of a daemon belongs to root.
    pub(crate) fn needs_root(self) -> bool {
        match self {
            Self::Daemon | Self::Question => true,
            Self::Reading => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_daemon_is_a_daemon() {
        for (line, expected) in [
            (
                "-f /etc/keepalived/keepalived.conf -n -l",
                Invocation::Daemon,
            ),
            ("", Invocation::Daemon),
            ("-t", Invocation::Reading),
            ("-f a.conf -t", Invocation::Reading),
            ("-t/tmp/report", Invocation::Reading),
            ("--config-test=/tmp/report", Invocation::Reading),
            ("--help", Invocation::Reading),
            ("--signum=DATA", Invocation::Reading),
            ("check --concise a.conf", Invocation::Reading),
            ("status", Invocation::Question),
        ] {
            let arguments: Vec<_> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(Invocation::of(&arguments), expected, "{line}");
        }
    }
}
