//! Answers neighbour solicitations for virtual IPv6 addresses that are local routes: the kernel does so for addresses of an interface alone.
//!
//! A thread of its own hears them on packet sockets, one for each interface with such addresses, whose filters let nothing else through. It
//! answers for what this node has *now*; what it may come to have is known beforehand, so that its groups are joined while
//! nobody needs them: a bridge that snoops, and a network card that filters, forward a solicitation to members of its group alone.
//!
//! Nobody waits for it, and it holds no queue but the sockets' own: what has no room there is asked again by whoever asked.

mod ear;
mod groups;
mod solicitation;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fd::OwnedFd,
    io::{read, write},
};
use tracing::{info, warn};

use self::ear::Ear;
use super::netlink::{Form, InterfaceAddress};

/// Solicitations answered between two looks at the other ears.
const AT_ONCE: usize = 64;
/// Groups joined between two looks at the ears, and how long it rests then: each takes the kernel a fraction of a millisecond and the lock that
/// everything else about interfaces takes as well.
const JOINS_AT_ONCE: usize = 8;
const AFTER_JOINS: Duration = Duration::from_millis(2);
/// After how long what did not work on an interface is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Gives orders to the thread. Never waits for more than one answer.
#[derive(Debug)]
pub struct Respondent(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    desks: Mutex<BTreeMap<String, Desk>>,
    bell: OwnedFd,
}

/// What there is to answer on one interface.
#[derive(Debug, Default)]
struct Desk {
    /// What may have to be answered for one day.
    targets: Arc<BTreeSet<Ipv6Addr>>,
    /// What is answered for now.
    answered: HashSet<Ipv6Addr>,
}

impl Shared {
    fn desks(&self) -> MutexGuard<'_, BTreeMap<String, Desk>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Respondent {
    /// Starts the thread in the network namespace of the calling one. It ends with the process.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            desks: Mutex::default(),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        });
        let thread = Thread {
            shared: Arc::clone(&shared),
            ears: BTreeMap::new(),
        };
        thread::Builder::new()
            .name("neighbours".into())
            .spawn(|| thread.run())?;
        Ok(Self(shared))
    }

    /// Of all `addresses` that somebody may ask this node for one day: those that the kernel does not answer for.
    pub fn expect<'a>(&self, addresses: impl Iterator<Item = &'a InterfaceAddress>) {
        let mut targets = BTreeMap::<&str, BTreeSet<Ipv6Addr>>::new();
        for (interface, target) in addresses.filter_map(target_of) {
            targets.entry(interface).or_default().insert(target);
        }
        let mut desks = self.0.desks();
        desks.retain(|interface, _| targets.contains_key(interface.as_str()));
        for (interface, targets) in targets {
            let desk = desks.entry(interface.to_owned()).or_default();
            if *desk.targets != targets {
                desk.answered.retain(|target| targets.contains(target));
                desk.targets = Arc::new(targets);
            }
        }
        drop(desks);
        write(&self.0.bell, &1_u64.to_ne_bytes()).ok();
    }

    /// These are here now.
    pub fn answer<'a>(&self, addresses: impl Iterator<Item = &'a InterfaceAddress>) {
        self.change(addresses, |desk, target| {
            desk.answered.insert(target);
        });
    }

    /// These are not here any more. When it returns nobody is answered who asks for one.
    pub fn be_silent<'a>(&self, addresses: impl Iterator<Item = &'a InterfaceAddress>) {
        self.change(addresses, |desk, target| {
            desk.answered.remove(&target);
        });
    }

    fn change<'a>(
        &self,
        addresses: impl Iterator<Item = &'a InterfaceAddress>,
        change: impl Fn(&mut Desk, Ipv6Addr),
    ) {
        let mut targets = addresses.filter_map(target_of).peekable();
        if targets.peek().is_none() {
            return;
        }
        let mut desks = self.0.desks();
        for (interface, target) in targets {
            if let Some(desk) = desks.get_mut(interface) {
                change(desk, target);
            }
        }
    }
}

/// The interface and the address, if the kernel does not answer for it.
fn target_of(address: &InterfaceAddress) -> Option<(&str, Ipv6Addr)> {
    match (address.form, address.address) {
        (Form::Route, IpAddr::V6(target)) => Some((&address.interface, target)),
        (Form::Route | Form::Address, _) => None,
    }
}

struct Thread {
    shared: Arc<Shared>,
    ears: BTreeMap<String, Ear>,
}

impl Thread {
    fn run(mut self) {
        loop {
            self.follow_the_desks();
            let is_joining = self.join();
            self.wait(is_joining);
            self.answer();
        }
    }

    /// Opens, changes and closes ears so that there is one for each desk.
    fn follow_the_desks(&mut self) {
        let desks = self.shared.desks();
        let wanted: Vec<_> = desks
            .iter()
            .map(|(name, desk)| (name.clone(), Arc::clone(&desk.targets)))
            .collect();
        drop(desks);
        self.ears
            .retain(|name, _| wanted.iter().any(|(wanted, _)| wanted == name));
        for (name, targets) in wanted {
            let ear = self.ears.entry(name).or_default();
            ear.expect(targets);
        }
        for (name, ear) in &mut self.ears {
            if let Err(error) = ear.open(name) {
                warn!("{name}: nobody hears neighbour solicitations there: {error}");
            }
        }
    }

    /// Joins a few groups; false if none is left that can be joined now.
    fn join(&mut self) -> bool {
        let mut is_joining = false;
        for (name, ear) in &mut self.ears {
            let was_joining = ear.is_joining();
            if let Err(error) = ear.join(JOINS_AT_ONCE) {
                warn!("{name}: solicited-node groups cannot be joined: {error}");
            }
            if was_joining && !ear.is_joining() && ear.joined() == ear.groups() {
                info!(
                    "{name}: member of {} solicited-node groups, for virtual addresses that are local routes",
                    ear.joined()
                );
            }
            is_joining |= ear.is_joining();
        }
        is_joining
    }

    /// Until somebody asks, or the bell rings, or there is something to try again.
    fn wait(&self, is_joining: bool) {
        let is_complete = self.ears.values().all(Ear::is_complete);
        let patience = match (is_joining, is_complete) {
            (true, _) => Some(AFTER_JOINS),
            (false, true) => None,
            (false, false) => Some(TRY_AGAIN),
        };
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let mut waiting = vec![PollFd::new(&self.shared.bell, PollFlags::IN)];
        let sockets = self.ears.values().filter_map(Ear::socket);
        waiting.extend(sockets.map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN)));
        poll(&mut waiting, patience.as_ref()).ok();
        read(&self.shared.bell, &mut [0; 8]).ok();
    }

    fn answer(&mut self) {
        for (name, ear) in &mut self.ears {
            for _solicitation in 0..AT_ONCE {
                let Some(solicitation) = ear.hear(name) else {
                    break;
                };
                // Held until the answer is out, so that none follows an order to be silent.
                let desks = self.shared.desks();
                let is_ours = desks
                    .get(name)
                    .is_some_and(|desk| desk.answered.contains(&solicitation.target));
                if is_ours {
                    ear.answer(name, &solicitation);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
