//! What could not be removed, in a network of the test's own.

use std::{net::IpAddr, time::Duration};

use super::*;
use crate::system::test_network::{alone, cable, sh};

#[test]
fn what_could_not_be_removed_is_tried_again_and_reported_when_it_is_gone() {
    const NAME: &str = "system::address_worker::slot::tests::what_could_not_be_removed_is_tried_again_and_reported_when_it_is_gone";
    alone(NAME, || {
        cable();
        sh("ip address add 192.168.0.7/32 dev eth0");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let reports = runtime.block_on(a_second_try());
        let [
            AddressReport::Retired {
                failures: stuck, ..
            },
            gone,
        ] = &reports[..]
        else {
            panic!("{reports:?}");
        };
        assert_eq!(stuck.len(), 1);
        let (slot, edition, failures) = (3, 7, vec![]);
        let expected = AddressReport::Retired {
            slot,
            edition,
            failures,
        };
        assert_eq!(*gone, expected);
        assert!(!sh("ip address show dev eth0").contains("192.168.0.7"));
    });
}

/// The worker waits until something is due: what never comes to an end would keep it busy for ever.
#[test]
fn what_is_wanted_again_is_not_tried_to_be_removed() {
    let mut slot = Slot::new(3);
    slot.assign(Assignment {
        slot: 3,
        addresses: Some(vec![InterfaceAddress::new(
            "eth0",
            IpAddr::from([192, 168, 0, 7]),
            32,
        )]),
        macvlans: Vec::new(),
        rounds: 1,
        edition: 7,
    });
    slot.leaving = None;
    slot.entries[0].is_ours = true;
    slot.note_outcome();
    assert!(slot.due().is_some(), "it is there and nobody wants it");
    slot.progress = Progress::Claimed;
    slot.try_again();
    assert!(slot.due().is_none() && slot.leaving.is_none());
    assert!(matches!(slot.progress, Progress::Claimed));
}

/// A slot was retired and its address refused to go; what it reports of that and of the next try.
async fn a_second_try() -> Vec<AddressReport> {
    let address = InterfaceAddress::new("eth0", IpAddr::from([192, 168, 0, 7]), 32);
    let mut slot = Slot::new(3);
    let assign = |slot: &mut Slot, addresses| {
        slot.assign(Assignment {
            slot: 3,
            addresses,
            macvlans: Vec::new(),
            rounds: 1,
            edition: 7,
        });
    };
    assign(&mut slot, Some(vec![address.clone()]));
    slot.entries[0].is_ours = true;
    assign(&mut slot, None);

    let netlink = Netlink::connect().unwrap();
    let (wanted, _bell) = Wanted::new(4).unwrap();
    let mut reports = Vec::new();
    let mut tools = Tools {
        netlink: &netlink,
        announcer: &Announcer::new(netlink.clone()).unwrap(),
        respondent: &Respondent::start().unwrap(),
        wanted: &wanted,
        report: &mut |report| reports.push(report),
        departing: &BTreeSet::new(),
        siblings: Vec::new(),
        lost: Vec::new(),
    };
    let mut refused = slot.leaving.take().unwrap();
    refused.failures = vec![AddressFailure {
        address,
        error: NetlinkError::Silent,
    }];
    slot.finish_leaving(refused, &mut tools);
    slot.take_order(&mut tools);
    assert!(!slot.step(&mut tools).await, "not before its time");
    let due = slot.due().unwrap();
    tokio::time::sleep(due.since(clock::now()) + Duration::from_millis(1)).await;
    slot.take_order(&mut tools);
    assert!(slot.step(&mut tools).await);
    assert!(slot.is_done() && slot.due().is_none());
    reports
}
