//! What is wrong with each router, recomputed from everything observed whenever one thing changes.
//!
//! Pure: observations come in, events for the routers concerned come out.

pub(super) mod held;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::{
    guard::ScriptIndex,
    protocol::{Event, Family, FaultReason, FaultReasons, Priority},
    tracking::{Effect, ScriptStatus, Weight, effective_priority},
};

/// What a router depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependencies {
    pub(super) name: String,
    pub(super) interface: String,
    pub(super) family: Family,
    /// The address it has to speak from, if it is configured.
    pub(super) source: Option<IpAddr>,
    /// Whether it is to speak to others one by one, and there is nobody.
    pub(super) is_alone: bool,
    /// Those whose faults are its own: the other members of its sync group, by slot.
    pub(super) group: Vec<usize>,
    /// Its own interface and those of its addresses.
    pub(super) interfaces: BTreeSet<String>,
    pub(super) scripts: Vec<(ScriptIndex, Weight)>,
    pub(super) priority: Priority,
}

/// A router and what it was told last.
#[derive(Debug)]
struct Observed {
    depends_on: Dependencies,
    source: Option<IpAddr>,
    told_faults: Option<FaultReasons>,
    told_priority: Priority,
}

impl Observed {
    const fn new(depends_on: Dependencies) -> Self {
        Self {
            told_priority: depends_on.priority,
            depends_on,
            source: None,
            told_faults: None,
        }
    }
}

/// Everything observed.
#[derive(Debug, Default)]
pub(super) struct Observer {
    /// By slot.
    routers: BTreeMap<usize, Observed>,
    up: BTreeSet<String>,
    statuses: BTreeMap<ScriptIndex, ScriptStatus>,
    names: BTreeMap<ScriptIndex, String>,
}

impl Observer {
    /// From now on these are the routers and these the scripts. What was observed of those that were there before still holds, and of a script
    /// that has another command now, what the one before said: until it speaks for itself, nothing is known against it.
    pub(super) fn reconfigure(
        &mut self,
        routers: BTreeMap<usize, Dependencies>,
        names: BTreeMap<ScriptIndex, String>,
    ) {
        for (index, name) in &names {
            let mut before = self.names.iter().filter(|(_, other)| *other == name);
            let said = before.find_map(|(other, _)| self.statuses.get(other).copied());
            if let Some(status) = said {
                self.statuses.entry(*index).or_insert(status);
            }
        }
        self.statuses.retain(|index, _| names.contains_key(index));
        self.names = names;
        // Nobody tells us about an interface that nobody needs, so that it was up does not hold any more.
        let is_needed = |name: &String| {
            routers
                .values()
                .any(|router| router.interfaces.contains(name))
        };
        self.up.retain(is_needed);
        self.routers.retain(|slot, _| routers.contains_key(slot));
        for (slot, depends_on) in routers {
            match self.routers.get_mut(&slot) {
                Some(router) => router.depends_on = depends_on,
                None => drop(self.routers.insert(slot, Observed::new(depends_on))),
            }
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
    pub(super) fn source(&mut self, slot: usize, source: Option<IpAddr>) -> bool {
        self.routers
            .get_mut(&slot)
            .is_some_and(|router| std::mem::replace(&mut router.source, source) != source)
    }

    /// A script has changed its mind.
    pub(super) fn script(&mut self, script: ScriptIndex, status: ScriptStatus) {
        self.statuses.insert(script, status);
    }

    /// What is known about a script.
    pub(super) fn status_of(&self, script: ScriptIndex) -> ScriptStatus {
        self.statuses.get(&script).copied().unwrap_or_default()
    }

    /// What has to be told since it was last asked.
    pub(super) fn news(&mut self) -> Vec<(usize, Event)> {
        let mut news = Vec::new();
        let slots: Vec<_> = self.routers.keys().copied().collect();
        for slot in slots {
            let Some((priority, faults)) = self.meaning(slot) else {
                continue;
            };
            let Some(router) = self.routers.get_mut(&slot) else {
                continue;
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

    /// Whether an interface is up and has a carrier.
    pub(super) fn is_up(&self, name: &str) -> bool {
        self.up.contains(name)
    }

    /// What is wrong with the router of `slot` now.
    pub(super) fn faults_of(&self, slot: usize) -> Option<FaultReasons> {
        self.routers.get(&slot).map(|router| self.faults(router))
    }

    /// The scripts that the router of `slot` tracks: name, weight, and what is known.
    pub(super) fn scripts_of(&self, slot: usize) -> Vec<(&str, Weight, ScriptStatus)> {
        let scripts = self.routers.get(&slot);
        let scripts = scripts.map_or(&[][..], |router| &router.depends_on.scripts);
        let told = |(index, weight): &(ScriptIndex, Weight)| {
            let name = self.names.get(index).map_or("", String::as_str);
            (name, *weight, self.status(*index))
        };
        scripts.iter().map(told).collect()
    }

    /// What everything observed means for the router of `slot`.
    fn meaning(&self, slot: usize) -> Option<(Priority, FaultReasons)> {
        let router = self.routers.get(&slot)?;
        Some((self.priority(&router.depends_on), self.faults(router)))
    }

    fn status(&self, script: ScriptIndex) -> ScriptStatus {
        self.statuses
            .get(&script)
            .copied()
            .unwrap_or(ScriptStatus::Unknown)
    }

    fn priority(&self, depends_on: &Dependencies) -> Priority {
        let tracked: Vec<_> = depends_on
            .scripts
            .iter()
            .map(|(script, weight)| (*weight, self.status(*script)))
            .collect();
        effective_priority(depends_on.priority, &tracked)
    }

    /// Its own, and those of its group.
    fn faults(&self, router: &Observed) -> FaultReasons {
        let members = router.depends_on.group.iter();
        let members = members.filter_map(|slot| self.routers.get(slot));
        let shared = members.filter_map(|member| {
            let faults: FaultReasons = self.own_faults(member).into_iter().collect();
            let name = member.depends_on.name.clone();
            if faults.is_empty() {
                None
            } else if faults.is_only_pending() {
                Some(FaultReason::MemberPending(name))
            } else {
                Some(FaultReason::Member(name))
            }
        });
        self.own_faults(router).into_iter().chain(shared).collect()
    }

    fn own_faults(&self, router: &Observed) -> Vec<FaultReason> {
        let depends_on = &router.depends_on;
        let down = depends_on
            .interfaces
            .iter()
            .filter(|name| !self.up.contains(*name))
            .map(|name| FaultReason::InterfaceDown(name.clone()));
        let silent =
            router
                .source
                .is_none()
                .then(|| match (depends_on.source, depends_on.family) {
                    (Some(source), _) => FaultReason::NoSource(source),
                    (None, Family::Ipv4) => {
                        FaultReason::NoPrimaryAddress(depends_on.interface.clone())
                    }
                    (None, Family::Ipv6) => {
                        FaultReason::NoLinkLocalAddress(depends_on.interface.clone())
                    }
                });
        let alone = depends_on.is_alone.then_some(FaultReason::NoPeer);
        let scripts = depends_on.scripts.iter().filter_map(|(script, weight)| {
            let name = || self.names.get(script).cloned().unwrap_or_default();
            match weight.effect(self.status(*script)) {
                Effect::Priority(_) => None,
                Effect::Fault => Some(FaultReason::Script(name())),
                Effect::Awaited => Some(FaultReason::ScriptPending(name())),
            }
        });
        down.chain(silent).chain(alone).chain(scripts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHK: ScriptIndex = ScriptIndex(0);

    /// C083+
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
        observer.source(0, Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(faults(&mut observer), "script chk has not reported yet");
        observer.script(CHK, ScriptStatus::Up);
        assert_eq!(faults(&mut observer), "");
        assert_eq!(observer.news(), []);
    }

    /// Nobody is told about an interface that no router needs.
    #[test]
    fn that_an_interface_was_up_does_not_outlast_those_who_needed_it() {
        let mut observer = seed();
        observer.interface("eth1", true);
        let needs = |interfaces: [&str; 1]| {
            let dependencies = Dependencies {
                interface: "eth0".into(),
                family: Family::Ipv4,
                source: None,
                is_alone: false,
                group: Vec::new(),
                name: "VI_1".into(),
                interfaces: interfaces.map(String::from).into(),
                scripts: Vec::new(),
                priority: Priority::DEFAULT,
            };
            BTreeMap::from([(0, dependencies)])
        };
        observer.reconfigure(needs(["eth0"]), BTreeMap::new());
        observer.reconfigure(needs(["eth1"]), BTreeMap::new());
        assert!(!observer.is_up("eth1"));
        assert!(faults(&mut observer).contains("interface eth1 is down"));
    }

    #[test]
    fn what_flaps_a_thousand_times_leaves_nothing_behind() {
        let mut observer = seed();
        for _ in 0..1_000 {
            observer.interface("eth0", true);
            observer.interface("eth1", true);
            observer.source(0, Some(IpAddr::from([127, 0, 0, 1])));
            observer.script(CHK, ScriptStatus::Down);
            observer.interface("eth1", false);
            observer.news();
            observer.interface("eth1", true);
            observer.script(CHK, ScriptStatus::Up);
            assert_eq!(faults(&mut observer), "");
        }
    }

    /// P8
    #[test]
    fn a_reload_tells_only_what_it_changes() {
        let mut observer = settled();
        let mut routers = BTreeMap::from([(0, depends_on()), (4, depends_on())]);
        observer.reconfigure(routers.clone(), names(CHK));
        let told: Vec<_> = observer.news().iter().map(|(slot, _)| *slot).collect();
        assert_eq!(told, [4], "the one that is new");

        routers.get_mut(&0).unwrap().priority = Priority::new(150);
        observer.reconfigure(routers, names(CHK));
        let expected = Event::PriorityObserved(Priority::new(150));
        assert_eq!(observer.news(), [(0, expected)]);
    }

    #[test]
    fn a_script_with_a_new_command_counts_as_the_old_one_did_until_it_speaks() {
        let mut observer = settled();
        let new = ScriptIndex(1);
        let mut router = depends_on();
        router.scripts[0].0 = new;
        observer.reconfigure(BTreeMap::from([(0, router)]), names(new));
        assert_eq!(observer.news(), []);
        observer.script(new, ScriptStatus::Down);
        assert_eq!(faults(&mut observer), "script chk failed");
    }

    fn settled() -> Observer {
        let mut observer = seed();
        observer.interface("eth0", true);
        observer.interface("eth1", true);
        observer.source(0, Some(IpAddr::from([127, 0, 0, 1])));
        observer.script(CHK, ScriptStatus::Up);
        observer.news();
        observer
    }

    fn seed() -> Observer {
        let mut observer = Observer::default();
        observer.reconfigure(BTreeMap::from([(0, depends_on())]), names(CHK));
        observer
    }

    fn names(index: ScriptIndex) -> BTreeMap<ScriptIndex, String> {
        BTreeMap::from([(index, "chk".to_owned())])
    }

    fn depends_on() -> Dependencies {
        Dependencies {
            interface: "eth0".into(),
            family: Family::Ipv4,
            source: None,
            is_alone: false,
            group: Vec::new(),
            name: "VI_1".into(),
            interfaces: ["eth0".to_owned(), "eth1".to_owned()].into(),
            scripts: vec![(
                CHK,
                Weight {
                    value: 0,
                    reverse: false,
                },
            )],
            priority: Priority::DEFAULT,
        }
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
