//! Which scripts does a transition call, and with what words?
//!
//! Pure: the answer is a list for the [runner](super::runner) to run in this order. The words are those that
//! keepalived's users have written scripts for.

use crate::{
    guard::ScriptIndex,
    protocol::{Priority, State, state::keepalived_name},
};

/// The notify scripts of one virtual router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotifyScripts {
    /// `notify_master`
    pub active: Option<ScriptIndex>,
    /// `notify_backup`
    pub backup: Option<ScriptIndex>,
    /// `notify_fault`
    pub fault: Option<ScriptIndex>,
    /// `notify_stop`
    pub stop: Option<ScriptIndex>,
    /// `notify`, called for every state with the state as an argument.
    pub any: Option<ScriptIndex>,
}

/// Whom a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A virtual router of this name.
    Instance(&'a str),
    /// A sync group.
    Group(&'a str),
}

/// One call of a script: its index, and what follows its configured arguments.
pub type Notification = (ScriptIndex, Vec<String>);

/// What to call now that `subject` is in `state`, in order. The priority of a group is 0.
///
/// The script of the state comes first and gets its configured arguments only. The first Backup state is
/// notified like any other, and [`State::Initialize`] is the stop.
#[must_use]
pub fn notifications(
    scripts: &NotifyScripts,
    subject: Subject<'_>,
    state: State,
    priority: Priority,
) -> Vec<Notification> {
    let of_this_state = match state {
        State::Initialize => scripts.stop,
        State::Backup => scripts.backup,
        State::Active => scripts.active,
        State::Fault => scripts.fault,
    };
    let of_this_state = of_this_state.map(|script| (script, Vec::new()));
    let of_any_state = scripts
        .any
        .map(|script| (script, words(subject, state, priority)));
    of_this_state.into_iter().chain(of_any_state).collect()
}

fn words(subject: Subject<'_>, state: State, priority: Priority) -> Vec<String> {
    let (kind, name) = match subject {
        Subject::Instance(name) => ("INSTANCE", name),
        Subject::Group(name) => ("GROUP", name),
    };
    vec![
        kind.into(),
        name.into(),
        keepalived_name(state).into(),
        priority.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_ACTIVE: ScriptIndex = ScriptIndex(0);
    const ON_STOP: ScriptIndex = ScriptIndex(1);
    const ON_ANY: ScriptIndex = ScriptIndex(2);

    fn scripts() -> NotifyScripts {
        NotifyScripts {
            active: Some(ON_ACTIVE),
            stop: Some(ON_STOP),
            any: Some(ON_ANY),
            ..NotifyScripts::default()
        }
    }

    fn called(state: State) -> Vec<(ScriptIndex, String)> {
        notifications(
            &scripts(),
            Subject::Instance("VI_1"),
            state,
            Priority::new(100),
        )
        .into_iter()
        .map(|(script, arguments)| (script, arguments.join(" ")))
        .collect()
    }

    #[test]
    fn the_script_of_the_state_comes_first_and_without_arguments() {
        assert_eq!(
            called(State::Active),
            [
                (ON_ACTIVE, String::new()),
                (ON_ANY, "INSTANCE VI_1 MASTER 100".into())
            ]
        );
    }

    #[test]
    fn the_first_backup_state_is_notified_too() {
        assert_eq!(
            called(State::Backup),
            [(ON_ANY, "INSTANCE VI_1 BACKUP 100".into())]
        );
        assert_eq!(
            called(State::Fault),
            [(ON_ANY, "INSTANCE VI_1 FAULT 100".into())]
        );
    }

    #[test]
    fn a_stop_is_notified_as_stop() {
        assert_eq!(
            called(State::Initialize),
            [
                (ON_STOP, String::new()),
                (ON_ANY, "INSTANCE VI_1 STOP 100".into())
            ]
        );
    }

    #[test]
    fn a_group_has_no_priority() {
        let priority = Priority::RELEASE;
        let calls = notifications(&scripts(), Subject::Group("G1"), State::Backup, priority);
        assert_eq!(
            calls,
            [(
                ON_ANY,
                ["GROUP", "G1", "BACKUP", "0"].map(String::from).to_vec()
            )]
        );
    }

    #[test]
    fn a_router_without_scripts_calls_none() {
        let none = NotifyScripts::default();
        assert_eq!(
            notifications(
                &none,
                Subject::Instance("VI_1"),
                State::Active,
                Priority::DEFAULT
            ),
            []
        );
    }
}
