//! Orders in, addresses and frames out, in a network of the test's own.

use std::{io::Read, net::IpAddr, sync::mpsc::Receiver};

use socket2::{Domain, Protocol, Socket, Type};

use super::*;
use crate::system::netlink::NetworkChange;
use crate::system::test_network::{alone, cable, sh};

/// C096+
#[test]
fn claimed_addresses_come_are_announced_and_go() {
    lab("claimed_addresses_come_are_announced_and_go", || {
        let mut lan = Lan::new(vec![vips(300)]);
        lan.orders.claim(0);
        lan.orders.announce(0, 2);
        lan.expect(&AddressReport::Installed {
            slot: 0,
            existing_not_ours: vec![],
        });
        lan.expect(&AddressReport::Announced {
            slot: 0,
            rounds_left: 1,
        });
        lan.expect(&AddressReport::Announced {
            slot: 0,
            rounds_left: 0,
        });
        assert_eq!(present(), 300);
        assert_eq!(
            lan.announcements(),
            [expected_round(300), expected_round(300)].concat()
        );

        lan.orders.release(0);
        lan.expect(&released(0));
        assert_eq!(present(), 0);
    });
}

#[test]
fn what_the_administrator_put_there_stays() {
    lab("what_the_administrator_put_there_stays", || {
        sh("ip addr add 192.168.0.1/32 dev eth0");
        let mut lan = Lan::new(vec![vips(3)]);
        lan.orders.claim(0);
        let existing_not_ours = vips(3)[1..2].to_vec();
        lan.expect(&AddressReport::Installed {
            slot: 0,
            existing_not_ours,
        });
        lan.orders.release(0);
        lan.expect(&released(0));
        assert_eq!(present(), 1);
    });
}

#[test]
fn leftovers_of_a_crash_are_gone_before_the_first_order() {
    lab(
        "leftovers_of_a_crash_are_gone_before_the_first_order",
        || {
            let mut lan = Lan::new(vec![vips(3)]);
            lan.orders.claim(0);
            lan.next();
            std::mem::forget(lan);
            assert_eq!(present(), 3);
            let _lan = Lan::new(vec![vips(1)]);
            assert_eq!(present(), 0);
        },
    );
}

/// A slot with many addresses delays neither its own release nor another slot.
#[test]
fn a_release_overtakes_the_claim_it_supersedes() {
    lab("a_release_overtakes_the_claim_it_supersedes", || {
        let other = InterfaceAddress::new("eth0", "10.0.0.1".parse().unwrap(), 32);
        let mut lan = Lan::new(vec![vips(5000), vec![other]]);
        lan.orders.claim(0);
        lan.orders.claim(1);
        lan.expect(&AddressReport::Installed {
            slot: 1,
            existing_not_ours: vec![],
        });
        lan.orders.release(0);
        lan.expect(&released(0));
        assert_eq!(present(), 1);
    });
}

#[test]
fn a_repeated_claim_puts_back_what_was_removed_behind_our_back() {
    lab(
        "a_repeated_claim_puts_back_what_was_removed_behind_our_back",
        || {
            let mut lan = Lan::new(vec![vips(2)]);
            let installed = AddressReport::Installed {
                slot: 0,
                existing_not_ours: vec![],
            };
            lan.orders.claim(0);
            lan.expect(&installed);
            sh("ip addr del 192.168.0.0/32 dev eth0");
            lan.orders.claim(0);
            lan.expect(&installed);
            assert_eq!(present(), 2);
            lan.orders.release(0);
            lan.expect(&released(0));
            assert_eq!(present(), 0);
        },
    );
}

/// C096-
#[test]
fn an_address_that_cannot_be_installed_is_reported_and_the_others_are_announced() {
    lab(
        "an_address_that_cannot_be_installed_is_reported_and_the_others_are_announced",
        || {
            let mut addresses = vips(2);
            addresses[0].interface = "eth9".into();
            let mut lan = Lan::new(vec![addresses]);
            lan.orders.claim(0);
            let AddressReport::Failed { slot: 0, failures } = lan.next() else {
                panic!("no failure")
            };
            assert_eq!(failures.len(), 1);
            lan.orders.announce(0, 1);
            lan.expect(&AddressReport::Announced {
                slot: 0,
                rounds_left: 0,
            });
            assert_eq!(lan.announcements(), [IpAddr::from([192, 168, 0, 1])]);
        },
    );
}

#[test]
fn a_slot_without_addresses_is_installed_at_once() {
    lab("a_slot_without_addresses_is_installed_at_once", || {
        let mut lan = Lan::new(vec![vec![]]);
        lan.orders.claim(0);
        lan.expect(&AddressReport::Installed {
            slot: 0,
            existing_not_ours: vec![],
        });
        lan.orders.release(7);
        lan.orders.release(0);
        lan.expect(&released(0));
    });
}

/// P8: a VIP that a reload adds or removes moves alone.
#[test]
fn an_assignment_touches_only_what_it_changes() {
    lab("an_assignment_touches_only_what_it_changes", || {
        let mut lan = Lan::new(vec![vips(4)]);
        let installed = AddressReport::Installed {
            slot: 0,
            existing_not_ours: vec![],
        };
        lan.orders.claim(0);
        lan.expect(&installed);
        let mut monitor = Changes::watch(&lan.worker);

        lan.assign([Some([&vips(3)[1..], &vips(6)[5..]].concat())]);

        lan.expect(&installed);
        let new = vips(6)[5].address;
        assert_eq!(lan.announcements(), [new, new]);
        let expected = ["-192.168.0.0", "-192.168.0.3", "+192.168.0.5"];
        assert_eq!(monitor.seen(expected.len()), expected);
        lan.orders.release(0);
        lan.expect(&released(0));
        assert_eq!(present(), 0);
    });
}

#[test]
fn an_address_can_move_from_a_slot_that_is_retired_to_another() {
    lab(
        "an_address_can_move_from_a_slot_that_is_retired_to_another",
        || {
            let (few, many) = (vips(700), vips(701));
            let mut lan = Lan::new(vec![vec![], few]);
            let installed = |slot| AddressReport::Installed {
                slot,
                existing_not_ours: vec![],
            };
            lan.orders.claim(0);
            lan.expect(&installed(0));
            lan.orders.claim(1);
            lan.expect(&installed(1));

            lan.orders.assign(vec![
                Assignment {
                    slot: 0,
                    addresses: Some(many),
                    macvlans: Vec::new(),
                    rounds: 1,
                    edition: 7,
                },
                Assignment {
                    slot: 1,
                    addresses: None,
                    macvlans: Vec::new(),
                    rounds: 1,
                    edition: 7,
                },
            ]);

            lan.expect(&AddressReport::Reassigned {
                slot: 0,
                edition: 7,
                failures: vec![],
            });
            lan.expect(&AddressReport::Retired {
                slot: 1,
                edition: 7,
                failures: vec![],
            });
            lan.expect(&installed(0));
            assert_eq!(present(), 701);
            lan.orders.release(0);
            lan.expect(&released(0));
            assert_eq!(present(), 0, "all of them were ours");
        },
    );
}

/// What both slots need stays where it is, and is announced by the one who has it now.
#[test]
fn an_address_that_changes_hands_never_goes() {
    lab("an_address_that_changes_hands_never_goes", || {
        let mut lan = Lan::new(vec![vips(2), vips(3)[2..].to_vec(), vec![]]);
        for slot in [0, 1] {
            lan.orders.claim(slot);
            lan.expect(&installed(slot));
        }
        let mut monitor = Changes::watch(&lan.worker);

        // 192.168.0.0 to a slot that is claimed, 192.168.0.1 to one that is not.
        let (first, second) = (vips(1), vips(2)[1..].to_vec());
        let to_claimed = [&vips(3)[2..], &first].concat();
        lan.assign([Some(vec![]), Some(to_claimed), Some(second)]);
        lan.expect(&installed(1));
        lan.orders.claim(2);
        lan.expect(&installed(2));

        let announced = lan.announcements();
        assert_eq!(
            announced, [first[0].address; 2],
            "and not by the other slots"
        );
        assert_eq!(monitor.seen(2), ["-192.168.0.1", "+192.168.0.1"]);
        lan.orders.release(1);
        lan.expect(&released(1));
        assert_eq!(present(), 1, "what was taken over is released");
    });
}

/// What was there before us is not told about again, nor announced, when something else of its slot changes.
#[test]
fn an_assignment_leaves_alone_what_was_there_before() {
    lab("an_assignment_leaves_alone_what_was_there_before", || {
        sh("ip addr add 192.168.0.1/32 dev eth0");
        let mut lan = Lan::new(vec![vips(2)]);
        lan.orders.claim(0);
        let existing_not_ours = vips(2)[1..].to_vec();
        lan.expect(&AddressReport::Installed {
            slot: 0,
            existing_not_ours,
        });
        lan.assign([Some(vips(3))]);
        lan.expect(&installed(0));
        assert_eq!(lan.announcements(), [vips(3)[2].address; 2]);
    });
}

/// Without `promote_secondaries` the kernel takes all other addresses of a prefix away with the first.
#[test]
fn those_that_would_go_with_the_first_of_a_prefix_are_put_back_in_the_same_breath() {
    let name = "those_that_would_go_with_the_first_of_a_prefix_are_put_back_in_the_same_breath";
    lab(name, || {
        sh("for f in /proc/sys/net/ipv4/conf/*/promote_secondaries; do echo 0 >$f; done");
        let wide = |numbers: &[u8]| -> Vec<_> {
            let address = |last: &u8| IpAddr::from([10, 0, 0, *last]);
            let numbers = numbers.iter().map(address);
            numbers
                .map(|it| InterfaceAddress::new("eth0", it, 24))
                .collect()
        };
        let mut lan = Lan::new(vec![wide(&[1, 2]), wide(&[3]), wide(&[4])]);
        for slot in [0, 1] {
            lan.orders.claim(slot);
            lan.expect(&installed(slot));
        }
        let mut monitor = Changes::watch(&lan.worker);
        lan.assign([Some(wide(&[2]))]);
        let gone = ["-10.0.0.2", "-10.0.0.3", "-10.0.0.1"];
        let mut seen = monitor.seen(5);
        let back = seen.split_off(gone.len());
        assert_eq!(seen, gone, "the kernel takes the others first");
        assert_eq!(back, ["+10.0.0.3", "+10.0.0.2"]);
        assert_eq!(present(), 2);

        // As when a router gives way: its first address is that of the others, too.
        lan.orders.release(1);
        lan.expect(&released(1));
        assert_eq!(present(), 1);
        lan.orders.release(0);
        lan.expect(&released(0));
        assert_eq!(present(), 0);
    });
}

#[test]
fn shutdown_releases_everything() {
    lab("shutdown_releases_everything", || {
        let mut lan = Lan::new(vec![vips(600)]);
        lan.orders.claim(0);
        lan.next();
        assert!(lan.worker.shutdown(Duration::from_secs(10)));
        assert_eq!(present(), 0);
    });
}

fn lab(name: &str, test: impl FnOnce()) {
    alone(&format!("system::address_worker::tests::{name}"), || {
        cable();
        test();
    });
}

struct Lan {
    worker: AddressWorker,
    orders: AddressOrders,
    reports: Receiver<AddressReport>,
    wire: Socket,
}

impl Lan {
    fn new(slots: Vec<Vec<InterfaceAddress>>) -> Self {
        let arp = Protocol::from(i32::from(0x0806_u16.to_be()));
        let wire = Socket::new(Domain::PACKET, Type::RAW, Some(arp)).unwrap();
        wire.set_recv_buffer_size(1 << 20).unwrap();
        wire.set_nonblocking(true).unwrap();
        let (sender, reports) = mpsc::channel();
        let report = move |report| drop(sender.send(report));
        let worker = AddressWorker::start(slots.concat(), true, report).unwrap();
        let mut lan = Self {
            orders: worker.orders(),
            worker,
            reports,
            wire,
        };
        lan.assign(slots.into_iter().map(Some));
        lan
    }

    /// Gives the slots from 0 on these addresses, or retires them, and waits until that is done.
    fn assign(&mut self, slots: impl IntoIterator<Item = Option<Vec<InterfaceAddress>>>) {
        let assignment = |(slot, addresses)| Assignment {
            slot,
            addresses,
            macvlans: Vec::new(),
            rounds: 2,
            edition: 1,
        };
        let assignments: Vec<_> = slots.into_iter().enumerate().map(assignment).collect();
        self.orders.assign(assignments.clone());
        for Assignment {
            slot, addresses, ..
        } in assignments
        {
            let (edition, failures) = (1, vec![]);
            self.expect(&match addresses {
                Some(_) => AddressReport::Reassigned {
                    slot,
                    edition,
                    failures,
                },
                None => AddressReport::Retired {
                    slot,
                    edition,
                    failures,
                },
            });
        }
    }

    fn next(&mut self) -> AddressReport {
        self.reports.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn expect(&mut self, expected: &AddressReport) {
        assert_eq!(self.next(), *expected);
    }

    /// The addresses announced so far, in order.
    fn announcements(&mut self) -> Vec<IpAddr> {
        let mut frame = [0; 42];
        let mut announced = Vec::new();
        while (&self.wire).read(&mut frame).is_ok() {
            announced.push(IpAddr::from(<[u8; 4]>::try_from(&frame[28..32]).unwrap()));
        }
        announced
    }
}

fn installed(slot: usize) -> AddressReport {
    AddressReport::Installed {
        slot,
        existing_not_ours: vec![],
    }
}

fn released(slot: usize) -> AddressReport {
    AddressReport::Released {
        slot,
        failures: vec![],
    }
}

fn present() -> usize {
    sh("ip -4 addr show dev eth0")
        .lines()
        .filter(|line| line.contains("inet "))
        .count()
}

/// What happens to the addresses, in order, as the kernel tells everybody.
struct Changes {
    runtime: tokio::runtime::Runtime,
    worker: Requester,
    changes: tokio::sync::mpsc::Receiver<NetworkChange>,
}

impl Changes {
    /// Of the addresses, all of which have to be the worker's doing.
    fn watch(worker: &AddressWorker) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let changes = runtime.block_on(async {
            Netlink::connect()
                .unwrap()
                .monitor(&worker.requester())
                .await
        });
        Self {
            runtime,
            worker: worker.requester(),
            changes: changes.unwrap(),
        }
    }

    fn seen(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> String {
        let next = async { timeout(Duration::from_secs(20), self.changes.recv()).await };
        match self.runtime.block_on(next).unwrap().unwrap() {
            NetworkChange::AddressAdded(observed) => format!("+{}", observed.address.address),
            NetworkChange::AddressRemoved { observed, by } => {
                assert!(self.worker.is(by), "who removes an address is told");
                format!("-{}", observed.address.address)
            }
            other @ (NetworkChange::Link(_)
            | NetworkChange::RouteRemoved { .. }
            | NetworkChange::LinkGone { .. }
            | NetworkChange::Overrun) => format!("{other:?}"),
        }
    }
}

fn expected_round(count: u16) -> Vec<IpAddr> {
    vips(count).into_iter().map(|it| it.address).collect()
}

/// 192.168.0.0/32, 192.168.0.1/32, …
fn vips(count: u16) -> Vec<InterfaceAddress> {
    (0..count)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            InterfaceAddress::new("eth0", IpAddr::from([192, 168, high, low]), 32)
        })
        .collect()
}
