//! The raw socket beside the program: what one leaves out the other has, nothing is heard twice and nothing is lost.
//!
//! Every frame of the table goes over a cable. Two sockets listen: one to everything that the kernel delivers, one to what the program
//! leaves undecided. Behind each frame follows another one that both hear, so that silence is known to be silence.

use std::net::Ipv6Addr;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::{Forged, ForgedIpv6};
use vrrp_tests::packet_socket::PacketSocket;
use vrrp_userspace::config::XdpMode;
use vrrp_userspace::protocol::Family;
use vrrp_userspace::system::datapath::Action;
use vrrp_userspace::system::raw_socket::{Buffer, Datagram, Hearing, RawSocket};

use crate::bench::Bench;
use crate::case::{Case, Outcome, assert_none};
use crate::network::{alone, cable, interface, sh};
use crate::table;
use crate::world::{
    BACKUP, OTHER_GROUP, OUR_ADDRESS, OUR_LINK_LOCAL, OUR_MAC, PEER, PEER_LINK_LOCAL,
};

/// A cable with a sender on one end and two listeners for each family on the other.
struct Wire {
    sender: PacketSocket,
    ipv4: Ears,
    ipv6: Ears,
    sent: u16,
}

/// Two listeners.
struct Ears {
    everything: RawSocket,
    undecided: RawSocket,
}

impl Ears {
    fn open(index: u32, family: Family) -> Self {
        let open = |hearing| RawSocket::open("eth0", index, family, hearing).expect("a raw socket");
        Self {
            everything: open(Hearing::Everything),
            undecided: open(Hearing::Undecided),
        }
    }

    /// Who hears any datagram before `last`, which does come.
    fn hear_before(&mut self, last: &[u8]) -> Heard {
        Heard {
            by_everything: hears_before(&mut self.everything, last),
            by_undecided: hears_before(&mut self.undecided, last),
        }
    }
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
            "ip link set eth0 address {OUR_MAC}; ip address add {OUR_ADDRESS}/24 dev eth0; \
             ip address add {OUR_LINK_LOCAL}/64 dev eth0 nodad; \
             ip address add {OTHER_GROUP}/32 dev eth0 autojoin"
        ));
        let index = interface("eth0").index;
        Self {
            sender: PacketSocket::on("peer").expect("a packet socket"),
            ipv4: Ears::open(index, Family::Ipv4),
            ipv6: Ears::open(index, Family::Ipv6),
            sent: 0,
        }
    }

    /// Sends frames of one family, and says who heard any datagram of them.
    fn send(&mut self, frames: &[Vec<u8>]) -> Heard {
        for frame in frames {
            self.sender.send(frame).expect("the cable takes the frame");
        }
        self.sent = self.sent.wrapping_add(1);
        if frames.iter().any(|frame| is_ipv6(frame)) {
            return self.heard_over_ipv6();
        }
        let last = Forged::advertisement(PEER)
            .ip_options(&[1; 4])
            .ttl(1)
            .identification(self.sent);
        self.sender
            .send(&last.frame())
            .expect("the cable takes the frame");
        self.ipv4.hear_before(&last.packet())
    }

    /// The last one has a number of its own too, as an address.
    fn heard_over_ipv6(&mut self) -> Heard {
        let number = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 2, self.sent);
        let last = ForgedIpv6::advertisement(PEER_LINK_LOCAL, 255, 1, &[number])
            .behind_an_extension()
            .hop_limit(1)
            .frame();
        self.sender.send(&last).expect("the cable takes the frame");
        let message = &last[last.len() - (8 + 16)..];
        self.ipv6.hear_before(message)
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
            Some(Datagram::Ipv4(bytes) | Datagram::Ipv6(_, bytes)) if bytes == last => {
                return heard;
            }
            Some(_) => heard = true,
            None => {
                let ready = poll(&mut [PollFd::new(&*socket, PollFlags::IN)], Some(&patience));
                assert_eq!(ready, Ok(1), "the last frame was not heard");
            }
        }
    }
}

/// Whether a frame, tagged or not, carries IPv6.
fn is_ipv6(frame: &[u8]) -> bool {
    let ether_type = |at: usize| frame.get(at..at + 2);
    match ether_type(12) {
        Some([0x81, 0x00] | [0x88, 0xa8]) => ether_type(16) == Some(&[0x86, 0xdd]),
        untagged => untagged == Some(&[0x86, 0xdd]),
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
            for ears in [&mut wire.ipv4, &mut wire.ipv6] {
                let lost = ears.undecided.take_losses().expect("the kernel counts");
                assert_eq!(lost, 0, "what the filter refuses is no loss");
            }
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

/// C009-: fragments are put together before a socket sees them, and then look like what the program judges. An advertisement of at most a hundred bytes has no reason to come in pieces, so it counts nowhere.
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
