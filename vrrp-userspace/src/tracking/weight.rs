//! What does a tracked thing weigh?

use serde::{Deserialize, Serialize};

use super::ScriptStatus;
use crate::protocol::Priority;

/// How a tracked thing acts on a virtual router: `weight -30`, `weight 20 reverse`.
///
/// A positive weight is added while the thing is up, a negative one while it is down; weight 0 means that a
/// failure is a fault. `reverse` exchanges up and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Weight {
    /// -253 to 253 for a script; 0, the default, stands for a fault.
    pub value: i16,
    /// Whether up counts as down.
    pub reverse: bool,
}

/// What one tracked thing does to a virtual router at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The priority changes by this much, possibly by nothing.
    Priority(i16),
    /// The router cannot take part.
    Fault,
    /// The router cannot take part before the first result is there.
    Awaited,
}

impl Weight {
    /// What a thing of this weight does while its status is `status`.
    #[must_use]
    pub fn effect(self, status: ScriptStatus) -> Effect {
        let is_good = match status {
            ScriptStatus::Unknown if self.value == 0 => return Effect::Awaited,
            ScriptStatus::Unknown => return Effect::Priority(0),
            ScriptStatus::Up => !self.reverse,
            ScriptStatus::Down => self.reverse,
        };
        match (self.value, is_good) {
            (0, false) => Effect::Fault,
            (1.., true) | (..0, false) => Effect::Priority(self.value),
            (0 | ..0, true) | (1.., false) => Effect::Priority(0),
        }
    }
}

/// The priority to advertise: `base` changed by everything tracked, at once, and then kept within 1 to 254.
///
/// The owner of the addresses keeps 255 whatever it tracks. Faults are not a matter of priority: see
/// [`Weight::effect`].
#[must_use]
pub fn effective_priority(base: Priority, tracked: &[(Weight, ScriptStatus)]) -> Priority {
    let change = tracked
        .iter()
        .map(|(weight, status)| match weight.effect(*status) {
            Effect::Priority(change) => i64::from(change),
            Effect::Fault | Effect::Awaited => 0,
        })
        .sum();
    changed_priority(base, change)
}

/// `base` changed by what all tracked things add up to, kept within 1 to 254; the owner of the addresses keeps 255.
#[must_use]
pub fn changed_priority(base: Priority, change: i64) -> Priority {
    if base.is_address_owner() {
        return base;
    }
    let (lowest, highest) = (Priority::LOWEST.get(), Priority::HIGHEST_OF_A_BACKUP.get());
    let priority = i64::from(base.get())
        .saturating_add(change)
        .clamp(lowest.into(), highest.into());
    u8::try_from(priority).map_or(base, Priority::new)
}

#[cfg(test)]
mod tests {
    use super::{ScriptStatus::*, *};

    fn weight(value: i16) -> Weight {
        Weight {
            value,
            reverse: false,
        }
    }

    fn reversed(value: i16) -> Weight {
        Weight {
            value,
            reverse: true,
        }
    }

    fn priority(base: u8, tracked: &[(Weight, ScriptStatus)]) -> u8 {
        effective_priority(Priority::new(base), tracked).get()
    }

    #[test]
    fn a_positive_weight_counts_while_the_script_succeeds() {
        assert_eq!(priority(100, &[(weight(20), Up)]), 120);
        assert_eq!(priority(100, &[(weight(20), Down)]), 100);
    }

    #[test]
    fn a_negative_weight_counts_while_the_script_fails() {
        assert_eq!(priority(100, &[(weight(-30), Up)]), 100);
        assert_eq!(priority(100, &[(weight(-30), Down)]), 70);
    }

    #[test]
    fn reverse_exchanges_success_and_failure() {
        assert_eq!(priority(100, &[(reversed(20), Down)]), 120);
        assert_eq!(priority(100, &[(reversed(20), Up)]), 100);
        assert_eq!(priority(100, &[(reversed(-30), Up)]), 70);
        assert_eq!(priority(100, &[(reversed(-30), Down)]), 100);
    }

    /// C056+ C056-
    #[test]
    fn weights_add_up_before_the_limits_apply() {
        assert_eq!(
            priority(100, &[(weight(253), Up), (weight(-253), Down)]),
            100
        );
        assert_eq!(priority(100, &[(weight(-253), Down)]), 1);
        assert_eq!(priority(100, &[(weight(253), Up)]), 254);
    }

    /// C056+
    #[test]
    fn the_owner_of_the_addresses_ignores_weights() {
        assert_eq!(priority(255, &[(weight(-30), Down)]), 255);
    }

    #[test]
    fn weight_zero_turns_failure_into_a_fault() {
        assert_eq!(weight(0).effect(Down), Effect::Fault);
        assert_eq!(weight(0).effect(Up), Effect::Priority(0));
        assert_eq!(reversed(0).effect(Up), Effect::Fault);
        assert_eq!(priority(100, &[(weight(0), Down)]), 100);
    }

    #[test]
    fn only_weight_zero_waits_for_the_first_result() {
        assert_eq!(weight(0).effect(Unknown), Effect::Awaited);
        assert_eq!(weight(20).effect(Unknown), Effect::Priority(0));
        assert_eq!(weight(-20).effect(Unknown), Effect::Priority(0));
    }
}
