//! What is wrong with each router, recomputed from everything observed whenever one thing changes.
//!
//! Pure: observations come in, events for the routers concerned come out.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use crate::{
    guard::ScriptIndex,
    protocol::{Event, FaultReason, FaultReasons, Priority},
    tracking::{Effect, ScriptStatus, Weight, effective_priority},
};

/// What a router depends on.
#[derive(Debug, Clone)]
pub(super) struct Dependencies {
    pub(super) interface: String,
    /// Its own interface and those of its addresses.
    pub(super) interfaces: BTreeSet<String>,
    pub(super) scripts: Vec<(ScriptIndex, Weight)>,
    pub(super) priority: Priority,
}

/// A router and what it was told last.
#[derive(Debug)]
struct Observed {
    depends_on: Dependencies,
    source: Option<Ipv4Addr>,
    told_faults: Option<FaultReasons>,
    told_priority: Priority,
}

/// Everything observed.
#[derive(Debug)]
pub(super) struct Observer {
    routers: Vec<Observed>,
    up: BTreeSet<String>,
    statuses: BTreeMap<ScriptIndex, ScriptStatus>,
    names: BTreeMap<ScriptIndex, String>,
}

impl Observer {
    /// Nothing is up yet, and no script has spoken.
    pub(super) fn new(
        routers: impl IntoIterator<Item = Dependencies>,
        names: BTreeMap<ScriptIndex, String>,
    ) -> Self {
        let routers = routers.into_iter().map(|depends_on| Observed {
            told_priority: depends_on.priority,
            depends_on,
            source: None,
            told_faults: None,
        });
        Self {
            routers: routers.collect(),
            up: BTreeSet::new(),
            statuses: BTreeMap::new(),
            names,
        }
    }

    /// An interface is up and has a carrier, or not. `true` if that is news.
    pub(super) fn interface(&mut self, name: &str, is_up: bool) -> bool {
        if is_up {
            self.up.insert(name.to_owned())
        } else {
            self.up.remove(name)
        }
    }

    /// A router has an address to speak from, or none. `true` if that is news.
    pub(super) fn source(&mut self, slot: usize, source: Option<Ipv4Addr>) -> bool {
        self.routers
            .get_mut(slot)
            .is_some_and(|router| std::mem::replace(&mut router.source, source) != source)
    }

    /// A script has changed its mind.
    pub(super) fn script(&mut self, script: ScriptIndex, status: ScriptStatus) {
        self.statuses.insert(script, status);
    }

    /// What has to be told since it was last asked.
    pub(super) fn news(&mut self) -> Vec<(usize, Event)> {
        let mut news = Vec::new();
        for slot in 0..self.routers.len() {
            let priority = self.priority(slot);
            let faults = self.faults(slot);
            let Some(router) = self.routers.get_mut(slot) else {
                break;
            };
            // The priority first: a router that starts advertises what it has by then.
            if router.told_priority != priority {
                router.told_priority = priority;
                news.push((slot, Event::PriorityObserved(priority)));
            }
            if router.told_faults.as_ref() != Some(&faults) {
                router.told_faults = Some(faults.clone());
                news.push((slot, Event::FaultsObserved(faults)));
            }
        }
        news
    }

    fn status(&self, script: ScriptIndex) -> ScriptStatus {
        self.statuses
            .get(&script)
            .copied()
            .unwrap_or(ScriptStatus::Unknown)
    }

    fn priority(&self, slot: usize) -> Priority {
        let depends_on = &self.routers[slot].depends_on;
        let tracked: Vec<_> = depends_on
            .scripts
            .iter()
            .map(|(script, weight)| (*weight, self.status(*script)))
            .collect();
        effective_priority(depends_on.priority, &tracked)
    }

    fn faults(&self, slot: usize) -> FaultReasons {
        let router = &self.routers[slot];
        let depends_on = &router.depends_on;
        let down = depends_on
            .interfaces
            .iter()
            .filter(|name| !self.up.contains(*name))
            .map(|name| FaultReason::InterfaceDown(name.clone()));
        let silent = router
            .source
            .is_none()
            .then(|| FaultReason::NoPrimaryAddress(depends_on.interface.clone()));
        let scripts = depends_on.scripts.iter().filter_map(|(script, weight)| {
            let name = || self.names.get(script).cloned().unwrap_or_default();
            match weight.effect(self.status(*script)) {
                Effect::Priority(_) => None,
                Effect::Fault => Some(FaultReason::Script(name())),
                Effect::Awaited => Some(FaultReason::ScriptPending(name())),
            }
        });
        down.chain(silent).chain(scripts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHK: ScriptIndex = ScriptIndex(0);

    #[test]
    fn a_router_starts_when_the_last_thing_it_waits_for_has_come() {
        let mut observer = seed();
        assert_eq!(
            faults(&mut observer),
            "interface eth0 is down, interface eth1 is down, no IPv4 address for interface eth0, \
             script chk has not reported yet"
        );
        observer.interface("eth0", true);
        observer.interface("eth1", true);
        observer.source(0, Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!(faults(&mut observer), "script chk has not reported yet");
        observer.script(CHK, ScriptStatus::Up);
        assert_eq!(faults(&mut observer), "");
        assert_eq!(observer.news(), []);
    }

    #[test]
    fn what_flaps_a_thousand_times_leaves_nothing_behind() {
        let mut observer = seed();
        for _ in 0..1_000 {
            observer.interface("eth0", true);
            observer.interface("eth1", true);
            observer.source(0, Some(Ipv4Addr::LOCALHOST));
            observer.script(CHK, ScriptStatus::Down);
            observer.interface("eth1", false);
            observer.news();
            observer.interface("eth1", true);
            observer.script(CHK, ScriptStatus::Up);
            assert_eq!(faults(&mut observer), "");
        }
    }

    fn seed() -> Observer {
        let depends_on = Dependencies {
            interface: "eth0".into(),
            interfaces: ["eth0".to_owned(), "eth1".to_owned()].into(),
            scripts: vec![(
                CHK,
                Weight {
                    value: 0,
                    reverse: false,
                },
            )],
            priority: Priority::DEFAULT,
        };
        Observer::new([depends_on], [(CHK, "chk".to_owned())].into())
    }

    fn faults(observer: &mut Observer) -> String {
        let mut told = String::from("nothing new");
        for (_, event) in observer.news() {
            if let Event::FaultsObserved(faults) = event {
                told = faults.to_string();
            }
        }
        told
    }
}
