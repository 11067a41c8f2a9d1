//! Where the routers stand, in one line for the service manager.

use std::{collections::BTreeMap, fmt};

use crate::protocol::{State, state::keepalived_name};

/// The states of all routers, by slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RollCall(BTreeMap<usize, State>);

impl RollCall {
    /// From now on these are the routers. Those who are new have not started.
    pub(super) fn expect(&mut self, slots: impl IntoIterator<Item = usize>) {
        let known = std::mem::take(&mut self.0);
        let state = |slot| known.get(&slot).copied().unwrap_or(State::Initialize);
        self.0 = slots.into_iter().map(|slot| (slot, state(slot))).collect();
    }

    /// What the router in `slot` is.
    pub(super) fn state(&self, slot: usize) -> Option<State> {
        self.0.get(&slot).copied()
    }

    /// The router in `slot` is now in `state`.
    pub(super) fn note(&mut self, slot: usize, state: State) {
        if let Some(known) = self.0.get_mut(&slot) {
            *known = state;
        }
    }
}

impl fmt::Display for RollCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} virtual router{plural}")?;
        let mut separator = ": ";
        for state in [
            State::Active,
            State::Backup,
            State::Fault,
            State::Initialize,
        ] {
            let count = self.0.values().filter(|one| **one == state).count();
            if count > 0 || state == State::Active {
                write!(f, "{separator}{count} {}", keepalived_name(state))?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_states_and_always_says_how_many_are_active() {
        let mut roll_call = RollCall::default();
        roll_call.expect([0, 1, 4]);
        roll_call.note(0, State::Backup);
        roll_call.note(1, State::Backup);
        roll_call.note(4, State::Active);
        assert_eq!(
            roll_call.to_string(),
            "3 virtual routers: 1 MASTER, 2 BACKUP"
        );
        roll_call.expect([0]);
        roll_call.note(0, State::Fault);
        roll_call.note(7, State::Active);
        assert_eq!(roll_call.to_string(), "1 virtual router: 0 MASTER, 1 FAULT");
    }
}
