//! What leaves a node, as a foreign parser reads it; and what must not.

use std::net::Ipv6Addr;
use std::process::Command;
use std::time::Duration;

use vrrp_ebpf::wire::vrrp;
use vrrp_tests::Daemon::{Keepalived, Xvrrpd};
use vrrp_tests::namespace::Namespace;
use vrrp_tests::pcap::Captured;
use vrrp_tests::wiretap::Wiretap;
use vrrp_tests::{Lab, Moment, Node, eventually, never, seeds, within};
use zerocopy::FromBytes as _;

/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(15);
/// Several intervals.
const A_WHILE: Duration = Duration::from_secs(2);
/// Of IPv6, beside the seeds'.
const SIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);

/// C050+ C050- C051+ C051- C054+ C054- C055+ C055- C058+ C061+: from the first advert to the last one of a failover, in version 2.
#[test]
fn every_advert_of_version_2_reads_as_the_rfc_has_it() {
    let is_right =
        format!("{OVER_IPV4} && vrrp.version == 2 && vrrp.addr_count == 2 && vrrp.auth_type == 0");
    reads(
        &configured("version 2", 1, "192.168.0.5\n192.168.0.6"),
        &is_right,
    );
}

/// C050+ C050- C051+ C051- C054+ C054- C055+ C055- C058+ C061+
#[test]
fn every_advert_of_version_3_reads_as_the_rfc_has_it() {
    let is_right = format!(
        "{OVER_IPV4} && vrrp.version == 3 && vrrp.addr_count == 2 && vrrp.reserved_mbz == 0"
    );
    reads(
        &configured("version 3", 1, "192.168.0.5\n192.168.0.6"),
        &is_right,
    );
}

/// C050+ C050- C051+ C051- C054+ C054- C055+ C055- C057+ C058+ C061+
#[test]
fn every_advert_over_ipv6_reads_as_the_rfc_has_it() {
    let is_right = "ipv6.hlim == 255 && ipv6.nxt == 112 && ipv6.dst == ff02::12 && ipv6.src == fe80::/10 && \
                    eth.dst == 33:33:00:00:00:12 && ipv6.tclass.dscp == 48 && vrrp.version == 3 && vrrp.addr_count == 2 && \
                    vrrp.reserved_mbz == 0 && vrrp.ipv6_addr == fe80::5 && vrrp.ipv6_addr == 2001:db8::5";
    reads(
        &configured("version 3", 1, "fe80::5\n2001:db8::5"),
        is_right,
    );
}

const OVER_IPV4: &str = "ip.ttl == 255 && ip.proto == 112 && ip.dst == 224.0.0.18 && eth.dst == 01:00:5e:00:00:12 && \
                         ip.dsfield.dscp == 48 && ip.checksum.status == Good && vrrp.ip_addr == 192.168.0.5 && \
                         vrrp.ip_addr == 192.168.0.6";

/// r1 is Active and stops, and r2 takes over: all of their adverts are right, and tshark has nothing against any.
fn reads(configurations: &[String; 2], is_right: &str) {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for (node, configuration) in [&lab.r1, &lab.r2].into_iter().zip(configurations) {
        node.write_config(configuration);
    }
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
    let count = |filter: &str| lines(&lab.first, filter);
    within(LONG, "r1 has spoken three times", || {
        count("vrrp && vrrp.prio == 101") >= 3
    });
    lab.r1.stop_daemon();
    within(LONG, "r2 is Active", || lab.r2.is_active());
    within(LONG, "r2 speaks", || count("vrrp && vrrp.prio == 100") >= 2);
    lab.r2.stop_daemon();

    let general = "vrrp.type == 1 && vrrp.checksum.status == Good && !_ws.malformed && !_ws.expert";
    let all = count("vrrp");
    assert_eq!(count(&format!("{general} && {is_right}")), all);
    assert_eq!(count("vrrp && vrrp.prio == 0"), 2, "a goodbye of each");
}

/// What keepalived sends, taken apart by the header that our judge reads it by.
#[test]
fn what_keepalived_sends_is_read_field_by_field() {
    let lab = Lab::of_seeds(Keepalived, Keepalived);
    let pass =
        "version 2\n    authentication {\n        auth_type PASS\n        auth_pass secret\n    }";
    let forms = [
        ("OPEN", "version 2", 61, "1", "10.99.0.1\n10.99.0.2"),
        ("PASS", pass, 62, "1", "10.99.0.3"),
        ("THREE", "version 3", 63, "0.25", "10.99.0.4"),
        ("SIX", "version 3", 64, "0.5", "fe80::64\n2001:db8::64"),
    ];
    let texts = forms.map(|(name, version, vrid, interval, addresses)| {
        let text = instance(name, version, 150, interval, addresses);
        text.replace("virtual_router_id 60", &format!("virtual_router_id {vrid}"))
    });
    lab.r1.write_config(&texts.concat());
    eventually("its link-local address is settled", || {
        lab.r1.has_settled_link_local("eth0")
    });
    lab.r1.start_daemon();
    let read = |vrid: u8| {
        let frames = lab.first.frames();
        frames.iter().find_map(|frame| {
            let at = if frame.bytes.get(12..14)? == [0x86, 0xdd] {
                54
            } else {
                34
            };
            let (header, rest) = vrrp::Header::read_from_prefix(frame.bytes.get(at..)?).ok()?;
            (header.vrid == vrid).then(|| (header, rest.to_vec()))
        })
    };
    let parts = |vrid: u8| {
        within(LONG, "keepalived speaks", || read(vrid).is_some());
        let (header, rest) = read(vrid).expect("it was there");
        assert_eq!(header.message_type(), vrrp::TYPE_ADVERTISEMENT);
        assert_eq!(header.priority, 150);
        (header, rest)
    };
    let (open, rest) = parts(61);
    assert_eq!((open.version(), open.address_count), (2, 2));
    assert_eq!(
        (open.authentication_type(), open.interval_seconds()),
        (0, 1)
    );
    assert_eq!(rest, [10, 99, 0, 1, 10, 99, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    let (pass, rest) = parts(62);
    assert_eq!(
        (
            pass.version(),
            pass.authentication_type(),
            pass.address_count
        ),
        (2, 1, 1)
    );
    assert_eq!(rest, *b"\x0a\x63\x00\x03secret\0\0");
    let (three, rest) = parts(63);
    assert_eq!((three.version(), three.address_count), (3, 1));
    assert_eq!(three.interval_centiseconds(), 25);
    assert_eq!(rest.get(..4), Some(&[10, 99, 0, 4][..]));
    let (six, rest) = parts(64);
    assert_eq!(
        (
            six.version(),
            six.address_count,
            six.interval_centiseconds()
        ),
        (3, 2, 50)
    );
    let first: Ipv6Addr = "fe80::64".parse().expect("one");
    assert_eq!(rest.get(..16), Some(&first.octets()[..]));
}

/// The shortest interval there is: 10 ms.
#[test]
fn a_hundred_adverts_a_second_are_steady_and_whoever_falls_silent_is_missed_at_once() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for (node, configuration) in [&lab.r1, &lab.r2].into_iter().zip([150, 100]) {
        let text = instance(
            "A",
            "version 3",
            configuration,
            "0.01",
            "192.168.0.5\n192.168.0.6",
        );
        node.write_config(&text);
    }
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
    let began = Moment::now();
    let heard = || {
        lab.first
            .advertisements_from(lab.r1.identity().first, began)
            .len()
    };
    within(LONG, "a hundred more are sent", || heard() >= 100);
    let lasted = Moment::now().since(began);
    assert!(
        lasted < 5 * Duration::from_secs(1),
        "{lasted:?} for a hundred"
    );
    lab.r1.kill_every_process();
    within(Duration::from_secs(2), "r2 takes over", || {
        lab.r2.is_active() && lab.r2.holds_the_addresses()
    });
}

/// C003+ C003- C004+ C004-: where every machine forwards, adverts are heard on their link and on no other.
#[test]
fn what_is_for_the_groups_stays_on_its_link() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for machine in [lab.r1.machine(), lab.r2.machine(), lab.host.machine()] {
        let settings = [
            "net.ipv4.conf.all.forwarding=1",
            "net.ipv6.conf.all.forwarding=1",
        ];
        settings
            .iter()
            .for_each(|setting| drop(machine.run("sysctl", &["-w", setting])));
    }
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&both_families(node.identity().priority));
        node.start_daemon();
    }
    within(LONG, "adverts of both families are heard", || {
        lines(&lab.first, "vrrp && ip") > 2 && lines(&lab.first, "vrrp && ipv6") > 2
    });
    never(A_WHILE, "one is seen on the other link", || {
        lines(&lab.second, "vrrp") > 0
    });
}

/// C090+ C090- C091+ C091- C092+ C092- C094+ C094-: the Active Router answers for its addresses, and the Backup for none, whoever asks him.
#[test]
fn a_backup_answers_for_no_address() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let host = lab.host.machine();
    for (machine, address) in [
        (lab.r1.machine(), "2001:db8::9/64"),
        (lab.r2.machine(), "2001:db8::10/64"),
        (host, "2001:db8::200/64"),
    ] {
        machine.ip_batch(&format!("address add {address} dev eth1 nodad\n"));
    }
    lab.r1
        .write_config(&both_families(lab.r1.identity().priority));
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || {
        lab.r1.holds(seeds::ADDRESSES[0]) && lab.r1.holds(SIX)
    });
    lab.r2
        .write_config(&both_families(lab.r2.identity().priority));
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
    let asked = Moment::now();
    host.ip_batch("neighbour flush dev eth1\n");
    let [four, six] = [seeds::ADDRESSES[0].to_string(), format!("[{SIX}]")];
    assert!(is_answered(host, &four) && is_answered(host, &six));

    let replies = || {
        let arps = lab.second.arps(asked).into_iter();
        let replies = arps.filter(|arp| arp.operation == 2 && arp.sender == seeds::ADDRESSES[0]);
        replies.map(|arp| arp.sender_mac).collect::<Vec<_>>()
    };
    within(LONG, "ARP is answered", || !replies().is_empty());
    let mac = lab.r1.identity().second_mac;
    assert!(replies().iter().all(|one| *one == mac), "by r1 alone");
    let neighbours = neighbour_advertisements(&lab.second, asked);
    assert!(!neighbours.is_empty());
    assert!(neighbours.iter().all(|one| *one == mac.0), "by r1 alone");
    assert_eq!(
        lines(&lab.second, "icmpv6.type == 134"),
        0,
        "nobody is a router here"
    );

    tell(host, &lab.r2);
    assert!(
        !is_answered(host, &four) && !is_answered(host, &six),
        "r2 says nothing, not even no"
    );
}

/// Has the host believe that a node has the addresses.
fn tell(host: &Namespace, node: &Node) {
    let mac = node.identity().second_mac;
    let four = seeds::ADDRESSES[0];
    host.ip_batch(&format!(
        "neighbour replace {four} lladdr {mac} dev eth1\nneighbour replace {SIX} lladdr {mac} dev eth1\n"
    ));
}

/// Whether whoever has an address says anything at all, if only that nobody listens there.
fn is_answered(asks: &Namespace, address: &str) -> bool {
    /// What `curl` says when nobody answered in time.
    const TIMED_OUT: Option<i32> = Some(28);
    let url = format!("http://{address}/");
    let output = asks.output("curl", &["--silent", "--max-time", "1", &url]);
    output.status.code() != TIMED_OUT
}

/// Who has said that he has [`SIX`].
fn neighbour_advertisements(tap: &Wiretap, since: Moment) -> Vec<[u8; 6]> {
    let frames = tap.frames().into_iter().filter(|frame| frame.at >= since);
    frames
        .filter_map(|frame| neighbour_advertisement(&frame))
        .collect()
}

fn neighbour_advertisement(frame: &Captured) -> Option<[u8; 6]> {
    let bytes = &frame.bytes;
    let is_icmp = bytes.get(12..14)? == [0x86, 0xdd] && *bytes.get(20)? == 58;
    let is_ours = *bytes.get(54)? == 136 && bytes.get(62..78)? == SIX.octets();
    (is_icmp && is_ours)
        .then(|| bytes.get(6..12)?.try_into().ok())
        .flatten()
}

fn lines(tap: &Wiretap, filter: &str) -> usize {
    let output = Command::new("tshark")
        .args(["-o", "ip.check_checksum:TRUE", "-r"])
        .arg(tap.file())
        .args(["-Y", filter])
        .output()
        .expect("`tshark` runs");
    // A file that is still written may end in the middle of a frame, which is no fault of the filter.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("is neither a field nor a protocol name"),
        "{said}"
    );
    String::from_utf8_lossy(&output.stdout).lines().count()
}

fn both_families(priority: u8) -> String {
    let four = instance("FOUR", "version 3", priority, "0.2", "192.168.0.5");
    let six = instance("SIX", "version 3", priority, "0.2", "fe80::5\n2001:db8::5");
    format!("{four}{six}")
}

fn configured(version: &str, interval: u8, addresses: &str) -> [String; 2] {
    [101, 100].map(|priority| instance("A", version, priority, &interval.to_string(), addresses))
}

fn instance(name: &str, version: &str, priority: u8, interval: &str, addresses: &str) -> String {
    let lines: String = addresses
        .lines()
        .map(|address| format!("        {address} dev eth1\n"))
        .collect();
    format!(
        "vrrp_instance {name} {{\n    interface eth0\n    {version}\n    virtual_router_id 60\n    priority {priority}\n    \
         advert_int {interval}\n    virtual_ipaddress {{\n{lines}    }}\n}}\n"
    )
}
