//! Getting into the kernel and onto an interface, with no more rights than needed, and off it again.

use std::env;
use std::fs;
use std::process::Command;

use vrrp_tests::kernel;
use vrrp_userspace::config::XdpMode;
use vrrp_userspace::system::datapath::{
    AttachError, Attachment, Datapath, DatapathError, RingSizes,
};

use crate::network::{again, alone, cable, has_tap, interface, program_on, sh};

/// Set in the process that has few rights.
const CONFINED: &str = "XDP_TEST_CONFINED";

fn load() -> Datapath {
    Datapath::load(RingSizes::default()).expect("the kernel takes the program")
}

#[track_caller]
fn attach(datapath: &mut Datapath, name: &str, mode: XdpMode) -> Attachment {
    datapath
        .attach(&interface(name), mode)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs the test of this name once more as a root that has these capabilities alone.
#[track_caller]
fn confined(name: &str, capabilities: &[&str], test: impl FnOnce()) {
    if env::var_os(CONFINED).is_some() {
        return test();
    }
    let kept: String = capabilities.iter().map(|one| format!(",+{one}")).collect();
    let mut setpriv = Command::new("setpriv");
    if kernel::is_before(5, 11) {
        // There the memory of maps counts as locked. The daemon lifts the limit as well, before it gives anything away.
        setpriv = Command::new("prlimit");
        setpriv.args(["--memlock=unlimited", "setpriv"]);
    }
    setpriv
        .arg(format!("--bounding-set=-all{kept}"))
        .arg("--inh-caps=-all")
        .arg("--")
        .env(CONFINED, "1");
    again(&mut setpriv, name);
}

/// The capabilities this process has, as the kernel numbers them.
fn capabilities() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = u64::from_str_radix(line.expect("a line").trim(), 16).expect("a number");
    (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1).collect()
}

const NET_ADMIN: u32 = 12;
const PERFMON: u32 = 38;
const BPF: u32 = 39;

#[test]
fn cap_bpf_and_cap_net_admin_suffice() {
    let name = "attaching::cap_bpf_and_cap_net_admin_suffice";
    alone(name, || {
        if env::var_os(CONFINED).is_none() {
            cable();
        }
        // What the verifiers of older kernels want besides.
        let (mut kept, mut numbers) = (vec!["bpf", "net_admin"], vec![NET_ADMIN, BPF]);
        if kernel::needs_perfmon() {
            kept.push("perfmon");
            numbers.insert(1, PERFMON);
        }
        confined(name, &kept, || {
            assert_eq!(capabilities(), numbers);
            let mut datapath = load();
            let _publisher = datapath.publisher().unwrap();
            let doorbell = datapath.doorbell().unwrap();
            doorbell
                .block(0)
                .expect("blocks can be read under their lock");
            datapath.rehearse(&[0; 60]).expect("a frame can be tried");
            let attachment = attach(&mut datapath, "eth0", XdpMode::Auto);
            assert!(attachment.is_native && attachment.is_attached());
        });
    });
}

#[test]
fn without_cap_bpf_the_kernel_refuses_and_says_so() {
    let name = "attaching::without_cap_bpf_the_kernel_refuses_and_says_so";
    confined(name, &["net_admin", "net_raw"], || {
        let refused = Datapath::load(RingSizes::default()).err();
        assert!(
            matches!(refused, Some(DatapathError::Refused(_))),
            "{refused:?}"
        );
    });
}

/// What `capabilities::PERFMON` says of kernels: a verifier that wants it no longer, or again, is noticed here.
#[test]
fn without_cap_perfmon_the_program_is_taken_where_we_say() {
    let name = "attaching::without_cap_perfmon_the_program_is_taken_where_we_say";
    confined(name, &["bpf", "net_admin"], || {
        match Datapath::load(RingSizes::default()) {
            Ok(_) => assert!(!kernel::needs_perfmon(), "it is taken"),
            Err(refused) => assert!(kernel::needs_perfmon(), "{refused}"),
        }
    });
}

#[test]
fn auto_is_native_where_the_driver_takes_it_and_generic_elsewhere() {
    alone(
        "attaching::auto_is_native_where_the_driver_takes_it_and_generic_elsewhere",
        || {
            cable();
            assert!(has_tap(), "this kernel has no TAP");
            sh("ip tuntap add dev tap0 mode tap; ip link set tap0 up");
            sh("ip link add br0 type bridge; ip link set br0 up");
            sh("ip link add ifb7 type ifb; ip link set ifb7 up");
            let mut datapath = load();
            for (name, is_native) in [
                ("eth0", true),
                ("tap0", true),
                ("br0", false),
                ("ifb7", false),
            ] {
                let attachment = attach(&mut datapath, name, XdpMode::Auto);
                assert_eq!(attachment.is_native, is_native, "{name}");
                assert!(attachment.is_attached(), "{name}");
                let shown = program_on(name).map(|(_, is_native)| is_native);
                assert_eq!(shown, Some(is_native), "{name}");
            }
        },
    );
}

#[test]
fn native_is_native_or_nothing_and_generic_is_generic() {
    alone(
        "attaching::native_is_native_or_nothing_and_generic_is_generic",
        || {
            cable();
            sh("ip link add br0 type bridge; ip link set br0 up");
            let mut datapath = load();
            let refused = datapath.attach(&interface("br0"), XdpMode::Native).err();
            assert!(
                matches!(refused, Some(AttachError::Other(_))),
                "{refused:?}"
            );
            assert_eq!(program_on("br0"), None);
            let attachment = attach(&mut datapath, "eth0", XdpMode::Generic);
            assert!(!attachment.is_native);
            assert_eq!(
                program_on("eth0").map(|(_, is_native)| is_native),
                Some(false)
            );
            let off = datapath.attach(&interface("peer"), XdpMode::Off).err();
            assert!(matches!(off, Some(AttachError::Off)), "{off:?}");
            assert_eq!(program_on("peer"), None);
        },
    );
}

/// One program serves several interfaces; ending one attachment leaves the others.
#[test]
fn dropping_an_attachment_detaches_it_and_no_other() {
    alone(
        "attaching::dropping_an_attachment_detaches_it_and_no_other",
        || {
            cable();
            let mut datapath = load();
            let ours = attach(&mut datapath, "eth0", XdpMode::Auto);
            let other = attach(&mut datapath, "peer", XdpMode::Auto);
            assert_ne!(ours.link_id(), other.link_id());
            assert!(program_on("eth0").is_some());
            drop(ours);
            assert_eq!(program_on("eth0"), None);
            assert!(program_on("peer").is_some() && other.is_attached());
        },
    );
}

#[test]
fn a_program_of_our_kind_is_left_alone() {
    alone("attaching::a_program_of_our_kind_is_left_alone", || {
        cable();
        let (mut first, mut second) = (load(), load());
        let theirs = attach(&mut first, "eth0", XdpMode::Auto);
        let before = program_on("eth0");
        for mode in [XdpMode::Auto, XdpMode::Native, XdpMode::Generic] {
            let refused = second.attach(&interface("eth0"), mode).err();
            assert!(
                matches!(refused, Some(AttachError::Taken(_))),
                "{mode:?}: {refused:?}"
            );
        }
        assert!(theirs.is_attached());
        assert_eq!(program_on("eth0"), before);
        drop(theirs);
        assert!(attach(&mut second, "eth0", XdpMode::Auto).is_attached());
    });
}

/// As `ip link set … xdp` leaves it: attached through netlink, held by no process.
#[test]
fn a_program_without_a_link_is_left_alone_in_either_mode() {
    alone(
        "attaching::a_program_without_a_link_is_left_alone_in_either_mode",
        || {
            cable();
            let (mut first, mut second) = (load(), load());
            let _attachment = attach(&mut first, "peer", XdpMode::Auto);
            let (id, _) = program_on("peer").expect("it was just attached");
            for theirs in ["xdpgeneric", "xdpdrv"] {
                sh(&format!("bpftool net attach {theirs} id {id} dev eth0"));
                let before = program_on("eth0");
                for mode in [XdpMode::Auto, XdpMode::Native, XdpMode::Generic] {
                    let refused = second.attach(&interface("eth0"), mode).err();
                    let is_taken = matches!(refused, Some(AttachError::Taken(_)));
                    assert!(is_taken, "{theirs}, {mode:?}: {refused:?}");
                }
                assert_eq!(program_on("eth0"), before, "{theirs}");
                sh(&format!("bpftool net detach {theirs} dev eth0"));
            }
        },
    );
}

#[test]
fn an_administrator_who_detaches_the_link_is_noticed() {
    alone(
        "attaching::an_administrator_who_detaches_the_link_is_noticed",
        || {
            cable();
            let mut datapath = load();
            let attachment = attach(&mut datapath, "eth0", XdpMode::Auto);
            let other = attach(&mut datapath, "peer", XdpMode::Auto);
            assert!(attachment.is_attached());
            sh(&format!("bpftool link detach id {}", attachment.link_id()));
            assert!(!attachment.is_attached());
            assert!(other.is_attached());
            assert_eq!(program_on("eth0"), None);
        },
    );
}

#[test]
fn the_end_of_an_interface_is_noticed() {
    alone("attaching::the_end_of_an_interface_is_noticed", || {
        cable();
        let mut datapath = load();
        let attachment = attach(&mut datapath, "eth0", XdpMode::Auto);
        sh("ip link delete eth0");
        assert!(!attachment.is_attached());
        cable();
        assert!(
            !attachment.is_attached(),
            "an interface of the same name is another one"
        );
        assert!(attach(&mut datapath, "eth0", XdpMode::Auto).is_attached());
    });
}
