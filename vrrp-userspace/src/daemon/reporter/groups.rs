//! What is told of a sync group: that all of its members have become the same.

use std::collections::BTreeMap;

use crate::{
    protocol::{State, SyncGroup},
    system::notifier::NotifyScripts,
};

/// What is told of one group, and to whom.
#[derive(Debug)]
pub(in crate::daemon) struct GroupAudience {
    pub(in crate::daemon) group: SyncGroup,
    pub(in crate::daemon) notify: NotifyScripts,
    pub(in crate::daemon) sends_mail: bool,
}

/// What was told of each group last, by name.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<String, State>);

impl Groups {
    /// The state that all members of `group` have now, if that is news. `state` says what a member is.
    pub(super) fn news(
        &mut self,
        group: &SyncGroup,
        state: impl Fn(usize) -> Option<State>,
    ) -> Option<State> {
        let mut states = group.members.iter().map(|slot| state(*slot));
        let first = states.next()??;
        if !states.all(|other| other == Some(first)) {
            return None;
        }
        let told = self.0.insert(group.name.clone(), first);
        (told.unwrap_or(State::Initialize) != first).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_changed_when_its_last_member_has() {
        let group = SyncGroup {
            name: "G".into(),
            members: vec![0, 3],
        };
        let mut groups = Groups::default();
        let mut told = |first, second| {
            groups.news(&group, |slot| Some(if slot == 0 { first } else { second }))
        };
        assert_eq!(told(State::Initialize, State::Initialize), None);
        assert_eq!(told(State::Backup, State::Initialize), None);
        assert_eq!(told(State::Backup, State::Backup), Some(State::Backup));
        assert_eq!(told(State::Active, State::Backup), None);
        assert_eq!(
            told(State::Backup, State::Backup),
            None,
            "nothing came of it"
        );
        assert_eq!(told(State::Active, State::Active), Some(State::Active));
    }
}
