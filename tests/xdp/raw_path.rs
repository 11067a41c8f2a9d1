//! The raw socket beside the program: what one leaves out the other has, nothing is heard twice and nothing is lost.
//!
//! Every frame of the table goes over a cable. Two sockets listen: one to everything that the kernel delivers, one to what the program
//! leaves undecided. Behind each frame follows another one that both hear, so that silence is known to be silence.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::Forged;
use vrrp_tests::packet_socket::PacketSocket;
use vrrp_userspace::config::XdpMode;
use vrrp_userspace::system::datapath::Action;
use vrrp_userspace::system::raw_socket::{Buffer, Hearing, RawSocket};

use crate::bench::Bench;
use crate::case::{Case, Outcome, assert_none};
use crate::network::{alone, cable, interface, sh};
use crate::table;
use crate::world::{BACKUP, OUR_ADDRESS, OUR_MAC, PEER};

/// A cable with a sender on one end and two listeners on the other.
struct Wire {
    sender: PacketSocket,
    everything: RawSocket,
    undecided: RawSocket,
    sent: u16,
}

/// Which of the two sockets heard a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    by_everything: bool,
    by_undecided: bool,
}

impl Wire {
    fn new() -> Self {
        cable();
        sh("echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter");
        sh("echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter");
        sh(&format!(
            "ip link set eth0 address {OUR_MAC}; ip address add {OUR_ADDRESS}/24 dev eth0"
        ));
        let index = interface("eth0").index;
        let open = |hearing| RawSocket::open("eth0", index, hearing).expect("a raw socket");
        Self {
            sender: PacketSocket::on("peer").expect("a packet socket"),
            everything: open(Hearing::Everything),
            undecided: open(Hearing::Undecided),
            sent: 0,
        }
    }

    /// Sends frames, and says who heard any datagram of them.
    fn send(&mut self, frames: &[Vec<u8>]) -> Heard {
        for frame in frames {
            self.sender.send(frame).expect("the cable takes the frame");
        }
        self.sent = self.sent.wrapping_add(1);
        let last = Forged::advertisement(PEER)
            .ip_options(&[1; 4])
            .ttl(1)
            .identification(self.sent);
        self.sender
            .send(&last.frame())
            .expect("the cable takes the frame");
        let last = last.packet();
        Heard {
            by_everything: hears_before(&mut self.everything, &last),
            by_undecided: hears_before(&mut self.undecided, &last),
        }
    }
}

/// Whether anything comes before `last`, which does come.
fn hears_before(socket: &mut RawSocket, last: &[u8]) -> bool {
    let patience = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let mut buffer = Buffer::default();
    let mut heard = false;
    loop {
        match socket.receive(&mut buffer).expect("the interface stays") {
            Some(datagram) if datagram == last => return heard,
            Some(_) => heard = true,
            None => {
                let ready = poll(&mut [PollFd::new(&*socket, PollFlags::IN)], Some(&patience));
                assert_eq!(ready, Ok(1), "the last frame was not heard");
            }
        }
    }
}

/// The rows that can be sent over a cable to Backups.
fn rows() -> impl Iterator<Item = Case> {
    const HEADER: usize = 14;
    table::all()
        .into_iter()
        .filter(|case| case.circumstances == BACKUP && case.frame.len() > HEADER)
}

/// Whether the program answers for the frame: it has judged it, or it is none of its routers'.
fn is_settled(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Heard(..) | Outcome::HeardAlone(..) | Outcome::Rejected(..) => true,
        // C012: a frame for somebody else is nobody's.
        Outcome::Passed(reason) => matches!(
            reason,
            Reason::UnknownRouter | Reason::OtherHost | Reason::PacketLength
        ),
        Outcome::Ignored | Outcome::Claimed { .. } => false,
    }
}

#[test]
fn the_filter_is_the_complement_of_the_judge() {
    alone(
        "raw_path::the_filter_is_the_complement_of_the_judge",
        || {
            let mut wire = Wire::new();
            let mut complaints = Vec::new();
            for case in rows() {
                let heard = wire.send(std::slice::from_ref(&case.frame));
                let is_lost =
                    heard.by_everything && !heard.by_undecided && !is_settled(case.outcome);
                let is_twice = heard.by_undecided && is_settled(case.outcome);
                let is_invented =
                    matches!(case.outcome, Outcome::Heard(..) | Outcome::HeardAlone(..))
                        && !heard.by_everything;
                for (is_so, what) in [
                    (is_lost, "is lost"),
                    (is_twice, "is heard twice"),
                    (is_invented, "is none for the kernel, and is heard"),
                ] {
                    if is_so {
                        complaints.push(format!("{} {what}: {:?}", case.name, case.outcome));
                    }
                }
            }
            assert_none(&complaints);
            let lost = wire.undecided.take_losses().expect("the kernel counts");
            assert_eq!(lost, 0, "what the filter refuses is no loss");
        },
    );
}

/// With the program on the interface: what it drops no socket hears, and what it passes unjudged is heard once, by the raw path.
#[test]
fn a_dropped_frame_reaches_no_socket_and_an_undecided_one_does() {
    alone(
        "raw_path::a_dropped_frame_reaches_no_socket_and_an_undecided_one_does",
        || {
            let mut wire = Wire::new();
            let interface = interface("eth0");
            let mut bench = Bench::of(interface.index);
            let _attachment = bench.attach(&interface, XdpMode::Native);
            let mut complaints = Vec::new();
            for case in rows() {
                let heard = wire.send(std::slice::from_ref(&case.frame));
                let expected = match (case.outcome.action(), case.outcome) {
                    (Action::Pass, Outcome::Heard(..)) => Some((true, false)),
                    (Action::Drop, _) => Some((false, false)),
                    _ => None,
                };
                let seen = (heard.by_everything, heard.by_undecided);
                if expected.is_some_and(|expected| expected != seen) {
                    complaints.push(format!("{}: {heard:?}, {:?}", case.name, case.outcome));
                }
            }
            assert_none(&complaints);
            let heard = wire.send(&[Forged::advertisement(PEER).listing(21).frame()]);
            assert!(heard.by_undecided, "21 addresses");
            let heard = wire.send(&[Forged::advertisement(PEER).ip_options(&[1; 8]).frame()]);
            assert!(heard.by_undecided, "IP options");
        },
    );
}

/// C009: fragments are put together before a socket sees them, and then look like what the program judges. An advertisement of at most
/// a hundred bytes has no reason to come in pieces, so it counts nowhere.
#[test]
fn an_advertisement_in_fragments_is_not_heard() {
    alone(
        "raw_path::an_advertisement_in_fragments_is_not_heard",
        || {
            let whole = Forged::advertisement(PEER)
                .listing(4)
                .identification(77)
                .frame();
            let (header, message) = whole[..].split_at(34);
            let piece = |bytes: &[u8], flags_and_offset: u16| {
                let mut frame = [header, bytes].concat();
                let total = u16::try_from(20 + bytes.len()).expect("short");
                frame[16..18].copy_from_slice(&total.to_be_bytes());
                frame[20..22].copy_from_slice(&flags_and_offset.to_be_bytes());
                crate::mutation::fit_ip_header(&mut frame);
                frame
            };
            let pieces = [piece(&message[..16], 0x2000), piece(&message[16..], 2)];
            let heard = Wire::new().send(&pieces);
            assert!(heard.by_everything, "the kernel puts it together");
            assert!(!heard.by_undecided);
        },
    );
}
