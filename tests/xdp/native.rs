//! The table, asked of the judge as the daemon has it. Needs no rights and no kernel.

use vrrp_ebpf::abi::Reason;
use vrrp_ebpf::verdict::{Verdict, decide_datagram};

use crate::case::{Case, Outcome, assert_none, heard, rejected};
use crate::table;
use crate::world::{PORT, SEED, VERSION_3, World};

#[test]
fn the_judge_keeps_what_the_table_promises() {
    let complaint = |case: &Case| {
        let said = Outcome::of(&case.verdict(), &World::new(case.circumstances));
        (said != case.outcome).then(|| format!("{}: {said:?}, not {:?}", case.name, case.outcome))
    };
    let complaints: Vec<_> = table::all().iter().filter_map(complaint).collect();
    assert_none(&complaints);
}

/// What the program judges, the raw path judges the same way, but for the sender's hardware address, which it never sees.
#[test]
fn the_raw_path_agrees_wherever_the_program_judges() {
    let complaint = |case: &Case| {
        let datagram = datagram(&case.frame)?;
        let here = without_hardware_address(case.verdict());
        let there = decide_datagram(datagram, PORT, &World::new(case.circumstances));
        let is_judged = matches!(here, Verdict::Accept(_) | Verdict::Reject { .. })
            || here == Verdict::Pass(Reason::UnknownRouter);
        (is_judged && here != there)
            .then(|| format!("{}: {here:?} here, {there:?} there", case.name))
    };
    let complaints: Vec<_> = table::all().iter().filter_map(complaint).collect();
    assert_none(&complaints);
}

/// C008+ C014+: the raw path has the last word on these.
#[test]
fn the_raw_path_judges_what_the_program_leaves_to_it() {
    let undecided: Vec<_> = table::all()
        .into_iter()
        .filter(|case| case.outcome == Outcome::Passed(Reason::Undecided))
        .collect();
    let said = |name: &str| {
        let case = undecided.iter().find(|case| case.name == name);
        let case = case.unwrap_or_else(|| panic!("no undecided case is called {name}"));
        let datagram = datagram(&case.frame).expect("it is a datagram");
        let world = World::new(case.circumstances);
        Outcome::of(&decide_datagram(datagram, PORT, &world), &world)
    };
    for name in [
        "21 addresses",
        "255 addresses",
        "C008-: 1 words of options",
        "C008-: 10 words of options",
    ] {
        assert_eq!(said(name), heard(SEED), "{name}");
    }
    for name in ["version 3, 21 addresses", "version 3, 255 addresses"] {
        assert_eq!(said(name), heard(VERSION_3), "{name}");
    }
    for name in ["none of 21 addresses", "none of 255 addresses"] {
        let outcome = rejected(Reason::PacketLength, SEED);
        assert_eq!(said(name), outcome, "{name}");
    }
}

/// What a raw socket would be given: an untagged IPv4 frame from its IP header to the end that header counts. `None` where the kernel
/// would give nothing, because the frame ends before that.
fn datagram(frame: &[u8]) -> Option<&[u8]> {
    if frame.get(12..14)? != [0x08, 0x00] {
        return None;
    }
    let total = usize::from(u16::from_be_bytes(frame.get(16..18)?.try_into().ok()?));
    frame
        .get(14..14 + total)
        .filter(|datagram| datagram.len() >= 28)
}

fn without_hardware_address(mut verdict: Verdict) -> Verdict {
    if let Verdict::Accept(accepted) = &mut verdict {
        accepted.record.hardware_address = [0; 6];
    }
    verdict
}
