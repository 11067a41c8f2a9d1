//! Ours and keepalived on one VRID, cell by cell of the table (docs/interop.md): eight virtual routers at once.

use std::fmt::Write as _;
use std::time::Duration;

use vrrp_tests::Daemon::{Keepalived, Xvrrpd};
use vrrp_tests::interop::{CASTS, Cast, End, Event, FORMS, Form, Roles, alarm, expected};
use vrrp_tests::node::RoleName;
use vrrp_tests::{Lab, Node, eventually, never, within};

/// How long anything here may take on a busy machine: three intervals of version 2 and much more.
const LONG: Duration = Duration::from_secs(25);
/// Longer than any patience of version 2.
const A_WHILE: Duration = Duration::from_secs(5);

macro_rules! stories {
    ($($name:ident: $event:ident, $roles:ident;)*) => {
        $(#[test]
        fn $name() {
            run(Event::$event, Roles::$roles);
        })*
    };
}

stories! {
    we_are_stopped_and_keepalived_follows: Stop, OursFirst;
    keepalived_is_stopped_and_we_follow: Stop, KeepalivedFirst;
    we_are_killed_and_keepalived_follows: Kill, OursFirst;
    keepalived_is_killed_and_we_follow: Kill, KeepalivedFirst;
    we_come_back_and_keepalived_gives_way: PreemptBack, OursFirst;
    keepalived_comes_back_and_we_give_way: PreemptBack, KeepalivedFirst;
    with_nopreempt_we_come_back_as_backup: NoPreempt, OursFirst;
    with_nopreempt_keepalived_comes_back_as_backup: NoPreempt, KeepalivedFirst;
    of_equals_keepalived_with_the_higher_address_stays: EqualPriority, OursFirst;
    of_equals_we_stay_with_the_higher_address: EqualPriority, KeepalivedFirst;
    keepalived_has_another_interval: OtherInterval, OursFirst;
    we_have_another_interval: OtherInterval, KeepalivedFirst;
    keepalived_lists_an_address_more: OtherList, OursFirst;
    we_list_an_address_more: OtherList, KeepalivedFirst;
    keepalived_has_another_password: WrongPassword, OursFirst;
    we_have_another_password: WrongPassword, KeepalivedFirst;
    keepalived_speaks_the_other_version: WrongVersion, OursFirst;
    we_speak_the_other_version: WrongVersion, KeepalivedFirst;
}

/// A virtual router of a row.
struct Cell {
    name: String,
    form: Form,
    cast: Cast,
    vrid: u8,
    end: End,
}

fn run(event: Event, roles: Roles) {
    let (r1, r2) = match roles {
        Roles::OursFirst => (Xvrrpd, Keepalived),
        Roles::KeepalivedFirst => (Keepalived, Xvrrpd),
    };
    let lab = Lab::of_seeds(r1, r2);
    let cells = cells(event, roles);
    for (node, is_first) in [(&lab.r1, true), (&lab.r2, false)] {
        let text: String = cells
            .iter()
            .map(|cell| instance(cell, event, is_first))
            .collect();
        node.write_config(&text);
        eventually("its link-local address is settled", || {
            node.has_settled_link_local("eth0")
        });
    }
    lab.r1.start_daemon();
    all_are(&lab.r1, &cells, RoleName::Master);
    lab.r2.start_daemon();
    bring_about(&lab, event, &cells);
    arrives(&lab, &cells);
    never(A_WHILE, "anything else comes of it", || {
        !has_arrived(&lab, &cells)
    });
    for cell in cells.iter().filter(|cell| cell.end == End::Both) {
        let ours = if r1 == Xvrrpd { &lab.r1 } else { &lab.r2 };
        let of_it = format!("({})", cell.name);
        eventually("our log says why", || ours.said(&[&of_it, alarm(event)]));
    }
}

/// Does what the row is about, once both run.
fn bring_about(lab: &Lab, event: Event, cells: &[Cell]) {
    let joined = || all_are(&lab.r2, cells, RoleName::Backup);
    match event {
        Event::Stop => {
            joined();
            lab.r1.stop_daemon();
        }
        Event::Kill => {
            joined();
            lab.r1.kill_daemon();
        }
        Event::PreemptBack | Event::NoPreempt => {
            joined();
            lab.r1.stop_daemon();
            all_are(&lab.r2, cells, RoleName::Master);
            lab.r1.start_daemon();
        }
        Event::EqualPriority => {
            joined();
            let switch = lab.switch();
            switch.ip_batch("link set r1-eth0 nomaster\n");
            all_are(&lab.r2, cells, RoleName::Master);
            switch.ip_batch("link set r1-eth0 master lan0\n");
        }
        // The two differ from the start.
        Event::OtherInterval | Event::OtherList | Event::WrongPassword | Event::WrongVersion => {}
    }
}

#[track_caller]
fn all_are(node: &Node, cells: &[Cell], role: RoleName) {
    within(LONG, &format!("{} is {role:?} of all", node.name()), || {
        cells
            .iter()
            .all(|cell| node.role_of(&cell.name) == Some(role))
    });
}

#[track_caller]
fn arrives(lab: &Lab, cells: &[Cell]) {
    let strays = || -> Vec<_> {
        let strays = cells.iter().filter(|cell| !is_at_its_end(lab, cell));
        strays.map(|cell| cell.name.as_str()).collect()
    };
    let arrived = vrrp_tests::condition::holds_within(LONG, || strays().is_empty());
    assert!(arrived, "not as expected: {:?}", strays());
}

fn has_arrived(lab: &Lab, cells: &[Cell]) -> bool {
    cells.iter().all(|cell| is_at_its_end(lab, cell))
}

fn is_at_its_end(lab: &Lab, cell: &Cell) -> bool {
    let is_active = [&lab.r1, &lab.r2]
        .map(|node| node.is_running() && node.role_of(&cell.name) == Some(RoleName::Master));
    match cell.end {
        End::First => is_active == [true, false],
        End::Second => is_active == [false, true],
        End::Both => is_active == [true, true],
        End::Void(_) => true,
    }
}

fn cells(event: Event, roles: Roles) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut vrid = 60;
    for form in FORMS {
        for cast in CASTS {
            vrid += 1;
            let end = expected(event, roles, form);
            if !matches!(end, End::Void(_)) {
                let name = format!("{form:?}_{cast:?}");
                cells.push(Cell {
                    name,
                    form,
                    cast,
                    vrid,
                    end,
                });
            }
        }
    }
    cells
}

fn instance(cell: &Cell, event: Event, is_first: bool) -> String {
    let version = match (cell.form, event, is_first) {
        (Form::V2 | Form::V2Pass, Event::WrongVersion, false) => 3,
        (Form::V3, Event::WrongVersion, false) => 2,
        (Form::V2 | Form::V2Pass, _, _) => 2,
        (Form::V3 | Form::V3Ipv6, _, _) => 3,
    };
    let priority = if is_first && event != Event::EqualPriority {
        150
    } else {
        100
    };
    let interval = match (version, event, is_first) {
        (2, Event::OtherInterval, false) => "2",
        (2, _, _) => "1",
        // keepalived of version 2 falls silent for as long as it rejects adverts more often than it speaks.
        (_, Event::WrongVersion, false) => "2",
        (_, Event::OtherInterval, false) => "0.3",
        (_, _, _) => "0.1",
    };
    let mut text = format!(
        "vrrp_instance {} {{\n    state BACKUP\n    interface eth0\n    version {version}\n    virtual_router_id {}\n    priority {priority}\n    \
         advert_int {interval}\n    garp_master_delay 0\n    garp_master_repeat 1\n",
        cell.name, cell.vrid
    );
    if event == Event::NoPreempt {
        text.push_str("    nopreempt\n");
    }
    if cell.form == Form::V2Pass && version == 2 {
        let is_wrong = event == Event::WrongPassword && !is_first;
        let password = if is_wrong { "wrong" } else { "right" };
        let _ = write!(
            text,
            "    authentication {{\n        auth_type PASS\n        auth_pass {password}\n    }}\n"
        );
    }
    if cell.cast == Cast::Unicast {
        let _ = write!(
            text,
            "    unicast_peer {{\n        {}\n    }}\n",
            peer(cell.form, is_first)
        );
    }
    text.push_str("    virtual_ipaddress {\n");
    let has_more = event == Event::OtherList && !is_first;
    for address in addresses(cell, has_more) {
        let _ = writeln!(text, "        {address} dev eth1");
    }
    text.push_str("    }\n}\n");
    text
}

/// The other node, as r1 or r2 calls it.
fn peer(form: Form, is_first: bool) -> &'static str {
    match (form, is_first) {
        (Form::V3Ipv6, true) => "fe80::ff:fe00:a",
        (Form::V3Ipv6, false) => "fe80::ff:fe00:9",
        (_, true) => "10.89.0.10",
        (_, false) => "10.89.0.9",
    }
}

fn addresses(cell: &Cell, has_more: bool) -> Vec<String> {
    let vrid = cell.vrid;
    let mut addresses = match cell.form {
        Form::V3Ipv6 => vec![format!("fe80::{vrid}/64"), format!("2001:db8:{vrid}::1/64")],
        Form::V2 | Form::V2Pass | Form::V3 => vec![format!("10.99.{vrid}.1/32")],
    };
    if has_more {
        addresses.push(match cell.form {
            Form::V3Ipv6 => format!("2001:db8:{vrid}::2/64"),
            Form::V2 | Form::V2Pass | Form::V3 => format!("10.99.{vrid}.2/32"),
        });
    }
    addresses
}
