//! What a node's daemon said, in the words that keepalived's users grep for.

use std::fs;
use std::path::PathBuf;

use super::Node;

/// A role, as log and mail name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleName {
    /// Waits.
    Backup,
    /// Holds the addresses.
    Master,
    /// Takes no part.
    Fault,
}

/// A change of role, as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// What it became.
    pub to: RoleName,
    /// The whole line.
    pub line: String,
}

impl Node {
    /// What the daemon has said in its present or last life.
    #[must_use]
    pub fn log(&self) -> String {
        self.runs().last().map_or_else(String::new, |run| {
            String::from_utf8_lossy(&fs::read(&run.log).unwrap_or_default()).into_owned()
        })
    }

    /// The log files of all its lives.
    #[must_use]
    pub fn logs(&self) -> Vec<PathBuf> {
        self.runs().iter().map(|run| run.log.clone()).collect()
    }

    /// Whether the log of this life has a line with all of these words.
    #[must_use]
    pub fn said(&self, words: &[&str]) -> bool {
        self.line_with(words).is_some()
    }

    /// The first line of this life's log with all of these words.
    #[must_use]
    pub fn line_with(&self, words: &[&str]) -> Option<String> {
        let log = self.log();
        let mut lines = log.lines();
        lines
            .find(|line| words.iter().all(|word| line.contains(word)))
            .map(str::to_owned)
    }

    /// The changes of role in this life.
    #[must_use]
    pub fn transitions(&self) -> Vec<Transition> {
        self.log().lines().filter_map(transition).collect()
    }

    /// The last role it told of in this life, if it still runs.
    #[must_use]
    pub fn role(&self) -> Option<RoleName> {
        let last = self.transitions().pop()?;
        self.is_running().then_some(last.to)
    }

    /// The last role that one of its virtual routers told of in this life, if it still runs.
    #[must_use]
    pub fn role_of(&self, instance: &str) -> Option<RoleName> {
        let about = format!("({instance}) Entering ");
        let log = self.log();
        let mut lines = log.lines().rev().filter(|line| line.contains(&about));
        let last = lines.find_map(transition)?;
        self.is_running().then_some(last.to)
    }

    /// Whether it runs and is Active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.role() == Some(RoleName::Master)
    }

    /// Whether it runs and is Backup.
    #[must_use]
    pub fn is_backup(&self) -> bool {
        self.role() == Some(RoleName::Backup)
    }

    /// Whether it runs and something it tracks is down.
    #[must_use]
    pub fn is_at_fault(&self) -> bool {
        self.role() == Some(RoleName::Fault)
    }
}

/// Reads the change of role that a line of the log tells, if it tells one.
#[must_use]
pub fn transition(line: &str) -> Option<Transition> {
    let (_, rest) = line.split_once(") Entering ")?;
    let (name, _) = rest.split_once(" STATE")?;
    let to = match name {
        "BACKUP" => RoleName::Backup,
        "MASTER" => RoleName::Master,
        "FAULT" => RoleName::Fault,
        _ => return None,
    };
    Some(Transition {
        to,
        line: line.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transition_is_told_in_keepaliveds_words() {
        let told = |line| transition(line).map(|transition| transition.to);
        let line = "Sat Nov 22 19:30:00 2025: (HA_V1) Entering BACKUP STATE (init)";
        assert_eq!(told(line), Some(RoleName::Backup));
        assert_eq!(
            told("(HA_V1) Entering MASTER STATE"),
            Some(RoleName::Master)
        );
        assert_eq!(told("(HA_V1) Receive advertisement timeout"), None);
    }
}
