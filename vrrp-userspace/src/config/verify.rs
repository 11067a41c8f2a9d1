//! Does this host have what the configuration names?
//!
//! The questions are asked through [`Environment`], so the answers can be anything in a test.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    diagnostic::{Diagnostic, Severity},
    model::{Config, Instance, ScriptCommand},
};

/// What there is to know about a host.
pub trait Environment {
    /// Whether there is a network interface of this name.
    fn interface_exists(&self, name: &str) -> bool;

    /// What would happen to somebody who runs `program`.
    fn script(&self, program: &str) -> ScriptState;

    /// Whether there is a user of this name.
    fn user_exists(&self, name: &str) -> bool;

    /// Whether there is a group of this name.
    fn group_exists(&self, name: &str) -> bool;
}

/// A program on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptState {
    /// It can be run, and only root can change it.
    Ok {
        /// The absolute path.
        resolved: String,
    },
    /// There is no such file.
    Missing,
    /// It is there, and nobody can run it.
    NotExecutable,
    /// Somebody other than root can change this part of its path.
    InsecurePath(String),
}

/// Says what is missing on this host.
#[must_use]
pub fn verify(config: &Config, environment: &dyn Environment) -> Vec<Diagnostic> {
    let mut verifier = Verifier {
        config,
        environment,
        diagnostics: Vec::new(),
        known: BTreeSet::new(),
    };
    for instance in &config.instances {
        verifier.instance(instance);
    }
    for command in config
        .sync_groups
        .iter()
        .flat_map(|group| group.notify.commands())
    {
        verifier.command(command, Purpose::Notifying);
    }
    verifier.control_group();
    let mut diagnostics = verifier.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start());
    diagnostics
}

struct Verifier<'a> {
    config: &'a Config,
    environment: &'a dyn Environment,
    diagnostics: Vec<Diagnostic>,
    /// Where the commands stand that were looked at; a script may be tracked by many.
    known: BTreeSet<usize>,
}

/// What a command is for, and so what its absence means.
#[derive(Clone, Copy)]
enum Purpose {
    Tracking,
    Notifying,
}

impl Purpose {
    const fn without_it(self) -> &'static str {
        match self {
            Self::Tracking => "each of its runs counts as failed",
            Self::Notifying => "nobody is notified by it",
        }
    }
}

/// The account keepalived prefers when the file names none.
const DEFAULT_USER: &str = "keepalived_script";
const ROOT: &str = "root";

impl Verifier<'_> {
    fn instance(&mut self, instance: &Instance) {
        self.interfaces(instance);
        let config = self.config;
        for tracked in &instance.track_scripts {
            if let Some(script) = config.script(&tracked.script) {
                self.command(&script.command, Purpose::Tracking);
            }
        }
        for command in instance.notify.commands() {
            self.command(command, Purpose::Notifying);
        }
    }

    /// Asks for each interface once; one with thousands of addresses is missing once.
    fn interfaces(&mut self, instance: &Instance) {
        let mut needed = BTreeMap::from([(&instance.interface, &instance.interface_place.0)]);
        for address in instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses)
        {
            if let Some(interface) = &address.interface {
                needed.entry(interface).or_insert(&address.place.0);
            }
        }
        for (interface, place) in needed {
            if !self.environment.interface_exists(interface) {
                let headline = format!("there is no interface `{interface}`");
                let diagnostic = Diagnostic::error(headline, place.clone())
                    .label(format!("needs `{interface}`"))
                    .now("the instance does not start before there is one")
                    .stops(&instance.name);
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn control_group(&mut self) {
        let Some(group) = &self.config.global.control_group else {
            return;
        };
        if !self.environment.group_exists(&group.name) {
            let headline = format!("there is no group `{}`", group.name);
            let diagnostic = Diagnostic::error(headline, group.place.0.clone())
                .now("only root may ask the daemon")
                .help(format!("groupadd --system {}", group.name));
            self.diagnostics.push(diagnostic);
        }
    }

    fn command(&mut self, command: &ScriptCommand, purpose: Purpose) {
        if self.known.insert(command.place.0.start()) {
            let diagnostic = self.program(command, purpose);
            self.diagnostics.extend(diagnostic);
            self.account(command, purpose);
        }
    }

    fn program(&self, command: &ScriptCommand, purpose: Purpose) -> Option<Diagnostic> {
        let (program, span) = (command.program(), command.place.0.clone());
        match self.environment.script(program) {
            ScriptState::Ok { .. } if program.contains('/') => None,
            ScriptState::Ok { resolved } => Some(
                Diagnostic::warning(format!("`{program}` is searched for"), span)
                    .now(format!("`{resolved}` is run"))
                    .help("write the whole path"),
            ),
            ScriptState::Missing => {
                let headline = format!("there is no script `{program}`");
                Some(Diagnostic::error(headline, span).now(purpose.without_it()))
            }
            ScriptState::NotExecutable => Some(
                Diagnostic::error(format!("`{program}` is not executable"), span)
                    .now(purpose.without_it())
                    .help(format!("chmod 755 {program}")),
            ),
            ScriptState::InsecurePath(part) => self.insecure(command, &part, purpose),
        }
    }

    /// Only root has something to lose.
    fn insecure(
        &self,
        command: &ScriptCommand,
        part: &str,
        purpose: Purpose,
    ) -> Option<Diagnostic> {
        if self.user_of(command) != ROOT {
            return None;
        }
        let program = command.program();
        let headline = format!("root runs `{program}`, which others can change");
        let now = if self.config.global.script_security {
            format!("it is not run: {}", purpose.without_it())
        } else {
            "it is run, because there is no `enable_script_security`".to_owned()
        };
        let diagnostic = Diagnostic::new(Severity::Security, headline, command.place.0.clone());
        Some(
            diagnostic
                .now(now)
                .help(format!("chown root:root {part}; chmod go-w {part}")),
        )
    }

    fn account(&mut self, command: &ScriptCommand, purpose: Purpose) {
        let global = &self.config.global;
        let (user, group) = match (&command.user, &global.script_user) {
            (Some(user), _) => (user.as_str(), command.group.as_deref()),
            (None, Some(account)) => (account.user.as_str(), account.group.as_deref()),
            (None, None) if global.script_security => (DEFAULT_USER, None),
            (None, None) => return,
        };
        let missing = if !self.environment.user_exists(user) {
            format!("there is no user `{user}`")
        } else if let Some(group) = group.filter(|group| !self.environment.group_exists(group)) {
            format!("there is no group `{group}`")
        } else {
            return;
        };
        let mut diagnostic = Diagnostic::error(missing, command.place.0.clone())
            .label("would run it")
            .now(purpose.without_it());
        if command.user.is_some() {
            diagnostic = diagnostic.help("put a command with arguments into double quotes");
        }
        self.diagnostics.push(diagnostic);
    }

    fn user_of<'b>(&'b self, command: &'b ScriptCommand) -> &'b str {
        let configured = self
            .config
            .global
            .script_user
            .as_ref()
            .map(|account| &account.user);
        match command.user.as_ref().or(configured) {
            Some(user) => user,
            None if self.environment.user_exists(DEFAULT_USER) => DEFAULT_USER,
            None => ROOT,
        }
    }
}
