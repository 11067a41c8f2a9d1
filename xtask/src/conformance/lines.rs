//! What the RFCs ask of a VRRP router, line by line, in our words.
//!
//! `must`, `should`, `may` as the RFCs use the capitals; `rule` is what their pseudo-code or a deployed router says without them.

/// How binding a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// MUST, MUST NOT.
    Must,
    /// SHOULD, SHOULD NOT.
    Should,
    /// MAY.
    May,
    /// A rule without capitals.
    Rule,
}

/// Where we stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// We follow it, and tests say so.
    Followed,
    /// We do not, for this reason.
    NotFollowed(&'static str),
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) number: u16,
    pub(super) level: Level,
    /// The RFC and section.
    pub(super) source: &'static str,
    pub(super) what: &'static str,
    pub(super) standing: Standing,
}

const fn line(number: u16, level: Level, source: &'static str, what: &'static str) -> Line {
    Line {
        number,
        level,
        source,
        what,
        standing: Standing::Followed,
    }
}

const fn must(number: u16, source: &'static str, what: &'static str) -> Line {
    line(number, Level::Must, source, what)
}

const fn should(number: u16, source: &'static str, what: &'static str) -> Line {
    line(number, Level::Should, source, what)
}

const fn may(number: u16, source: &'static str, what: &'static str) -> Line {
    line(number, Level::May, source, what)
}

const fn rule(number: u16, source: &'static str, what: &'static str) -> Line {
    line(number, Level::Rule, source, what)
}

impl Line {
    const fn not_followed(self, reason: &'static str) -> Self {
        Self {
            standing: Standing::NotFollowed(reason),
            ..self
        }
    }
}

const BOTH_VERSIONS: &str = "speaking both versions at once is not offered; RFC 9568 itself advises against it for longer than a change takes";
const NO_ROUTER_ADVERTISEMENTS: &str =
    "router advertisements are left to the daemon that sends them anyway, as with keepalived";

/// Every line, by number.
pub(super) const LINES: &[Line] = &[
    // Receiving: the packet around the message.
    must(1, "9568 §5.1.1.3, §7.1", "IPv4: an advert whose TTL is not 255 counts for nothing (keepalived's unicast excepted)"),
    must(2, "9568 §5.1.2.3, §7.1", "IPv6: the same for the hop limit"),
    must(3, "9568 §5.1.1.2", "a host that forwards does not forward what is for 224.0.0.18"),
    must(4, "9568 §5.1.2.2", "nor what is for ff02::12"),
    must(5, "9568 §7.1", "an advert that is shorter than its fields say counts for nothing, wherever it is cut"),
    rule(6, "Ethernet", "padding behind a short advert does no harm"),
    rule(7, "9568 §7.1", "bytes behind the message but inside the IP packet make it too long"),
    rule(8, "RFC 791", "IP options are skipped and never read as VRRP"),
    rule(9, "RFC 791", "a fragment decides nothing"),
    rule(10, "RFC 791", "a damaged IPv4 header makes the advert count for nothing"),
    rule(11, "RFC 1122 §3.2.1.3", "an advert from an address that nobody on a link can have, or from our own, counts for nothing"),
    rule(12, "Ethernet", "a frame for somebody else is not judged, even where the interface hears it"),
    rule(13, "keepalived", "unicast is not for a router of a group, nor the reverse"),
    rule(14, "RFC 8200 §4", "IPv6 extension headers are left to whoever walks through them"),
    // Receiving: the message.
    must(20, "9568 §7.1", "a version 3 router hears no other version"),
    must(21, "3768 §7.1", "a version 2 router hears no other version"),
    must(22, "9568 §5.2.2, §7.1", "a type that is no advertisement counts for nothing"),
    must(23, "9568 §7.1", "an advert is for the VRID on the interface where it arrives, and no other interface"),
    must(24, "9568 §5.2.8, §7.1", "one wrong bit and the advert counts for nothing"),
    must(25, "9568 §5.2.8", "IPv6: a checksum without the pseudo-header is wrong"),
    must(26, "9568 §5.2.5", "version 3: an advert without addresses counts for nothing"),
    must(27, "9568 §5.2.6", "reserved bits are not looked at, but the checksum covers them"),
    must(28, "9568 §7.1", "version 3: an interval of zero counts for nothing"),
    must(29, "9568 §7.1, erratum 8298", "an address owner listens to others, unless `owner_ignore_adverts` says what was published first"),
    must(30, "9568 §7.1", "what counts for nothing changes no state, timer or learned value"),
    should(31, "9568 §7.1", "and is logged, but not once for each"),
    may(32, "9568 §7.1", "and is counted, under the names of RFC 8347"),
    // Receiving: what is only said.
    should(40, "9568 §7.1", "version 3: another interval than ours is heard, and logged once"),
    should(41, "9568 §7.1", "version 3: another list of addresses is heard, and logged"),
    should(42, "erratum 8300", "IPv6: a first address that is not link-local is logged").not_followed("our own list is checked in the configuration; of others only a list that differs from ours is logged, whatever it begins with"),
    should(43, "9568 §8.3.2", "a second owner is logged"),
    may(44, "9568 §8.3.2", "so are two routers of one priority").not_followed("that another router has become Active is logged, and not that both have one priority"),
    should(45, "9568 §2.5", "wake-ups that are late for a short interval are noticed and can be seen"),
    // Sending.
    must(50, "9568 §5.1.1.3, §5.1.2.3", "every advert leaves with TTL or hop limit 255, the last one too (`unicast_ttl` excepted)"),
    must(51, "9568 §7.2", "as protocol 112, to the group, or to the one that is configured"),
    must(52, "9568 §7.2", "from the primary address of the interface, or its link-local one; never from a virtual address"),
    must(53, "9568 §7.2", "with `use_vmac`, in a frame from the virtual MAC; from the interface's own otherwise, as keepalived does"),
    must(54, "9568 §5.2.6", "with reserved bits of zero"),
    must(55, "9568 §7.2", "with what is configured, as many addresses as it says, and a right checksum"),
    must(56, "9568 §5.2.4", "with priority 255 from the owner and 1 to 254 from others, whatever tracking does"),
    must(57, "9568 §5.2.9, §6.1", "IPv6: with a link-local address first; keepalived sends what is configured, and so do we, with a warning; strict mode refuses"),
    must(58, "9568 §5.2.9", "with addresses of one family"),
    rule(59, "9568 §5.2.9", "always in the configured order"),
    rule(60, "9568 §5.2.9", "with no more addresses than fit; the rest is not advertised, and `check` says so"),
    rule(61, "9568 §2.5", "marked as network control (CS6)"),
    // Parameters and timers.
    rule(70, "9568 §6.1", "VRID 1 to 255; priority 100, one second and preemption unless given"),
    rule(71, "9568 §6.1", "Skew_Time and Active_Down_Interval are exact"),
    must(72, "9568 §6.4.2", "a Backup counts in the interval of the Active Router that it listens to"),
    rule(73, "9568 §6.4.2", "and sends at its own when it is Active"),
    rule(74, "3768 §6.1", "version 2: the skew does not depend on the interval"),
    rule(75, "9568 §6", "nothing depends on the wall clock"),
    rule(76, "9568 §5.2.7", "an interval is what the wire can carry: twelve bits of hundredths, or whole seconds in version 2"),
    // Initialize.
    rule(80, "9568 §6.4.1", "an advert before the start is ignored"),
    must(81, "9568 §6.4.1", "the owner becomes Active at once: advert, then announcements"),
    must(82, "9568 §6.4.1", "everybody else begins as Backup and sends nothing"),
    must(83, "9568 §8.1.2, §8.2.2", "nothing is announced before the interface is up and the address can be spoken from"),
    rule(84, "keepalived", "`state MASTER` is a hint, not a way around listening"),
    // Backup.
    must(90, "9568 §6.4.2", "a Backup answers no ARP for an address"),
    must(91, "9568 §6.4.2", "nor a neighbour solicitation"),
    must(92, "9568 §6.4.2", "and sends no router advertisement"),
    must(93, "9568 §6.4.2", "frames for the virtual MAC are discarded"),
    must(94, "9568 §6.4.2", "packets to an address are not accepted: no reset, no error, nothing"),
    must(95, "9568 §6.4.2", "a Backup that stops says nothing"),
    must(96, "9568 §6.4.2", "a takeover is: advert, addresses, announcements, in this order"),
    must(97, "9568 §6.4.2", "priority 0 shortens the wait to Skew_Time, and more of them do not lengthen it"),
    must(98, "9568 §6.4.2", "without preemption any priority holds a Backup back"),
    must(99, "9568 §6.4.2", "with it, the same or a higher one does, whatever the address"),
    must(100, "9568 §6.4.2", "and a lower one does not: the timer runs on"),
    rule(101, "9568 §6.1", "the owner preempts in any case"),
    rule(102, "keepalived", "`preempt_delay` counts from the first lower advert and begins anew after a higher one"),
    // Active.
    must(110, "9568 §6.4.3", "an advert every interval, without drift and without bursts"),
    must(111, "9568 §6.4.3", "an Active Router that stops says priority 0 and gives its addresses up"),
    must(112, "9568 §6.4.3", "priority 0 from somebody is answered by an advert at once"),
    must(113, "9568 §6.4.3", "a higher priority is given way to, whatever the preemption; the addresses go first"),
    must(114, "9568 §6.4.3", "so is the same one from a higher address, compared as a number"),
    must(115, "9568 §6.4.3", "a lower priority is answered by an advert at once"),
    rule(116, "9568 §6.4.3", "but not without a limit"),
    rule(117, "9568 §6.4.3", "an advert from our own address changes nothing"),
    must(118, "9568 §6.4.3, §8.1.2", "with `use_vmac`, ARP for an address is answered with the virtual MAC and never with another"),
    must(119, "9568 §6.4.3", "so are neighbour solicitations, with the router flag"),
    must(120, "9568 §8.2", "what the Active Router solicits names the virtual MAC"),
    must(121, "9568 §6.4.3", "router advertisements are sent for the virtual router").not_followed(NO_ROUTER_ADVERTISEMENTS),
    must(122, "9568 §6.1", "without Accept_Mode Neighbour Discovery is heard and answered all the same"),
    must(123, "9568 §6.4.3", "frames for the virtual MAC are forwarded"),
    must(124, "9568 §6.4.3", "with Accept_Mode, or as the owner, packets to an address are accepted"),
    must(125, "9568 §6.4.3", "without it they are not (`no_accept`; the default is keepalived's)"),
    // The virtual MAC and the link.
    must(130, "9568 §7.3", "the virtual MAC is 00-00-5E-00-01 or 00-00-5E-00-02 and the VRID"),
    must(131, "9568 §7.4", "it makes no IPv6 address"),
    rule(132, "9568 §2.4", "a switch learns its new place from the first advert"),
    rule(133, "9568 §1", "both families of one VRID are routers of their own"),
    rule(134, "9568 §5.2.3", "255 of them on one link"),
    // ARP, Neighbour Discovery, redirects.
    should(140, "9568 §8.1.2, §8.2.2", "an owner asks and answers with the virtual MAC from the start"),
    should(141, "9568 §8.1.2", "an address that comes while Active is announced"),
    must(142, "9568 §8.1.3", "proxy ARP answers with the virtual MAC").not_followed("proxy ARP is the kernel's, and off unless an administrator turns it on"),
    rule(143, "9568 §8.2.2", "virtual addresses are installed without duplicate address detection, which the other node would answer"),
    should(144, "9568 §8.2.4", "unsolicited neighbour advertisements are believed").not_followed("the kernel's neighbour cache decides that"),
    must(145, "9568 §8.2.3", "the router advertisements of all routers say the same").not_followed(NO_ROUTER_ADVERTISEMENTS),
    rule(146, "9568 §8.1.1, §8.2.1", "redirects come from the address that was hit").not_followed("the kernel sends redirects, and an administrator turns them off on links that are shared"),
    should(147, "9568 §8.3.1", "without Accept_Mode packets to an address are dropped and not sent on"),
    rule(148, "keepalived", "announcements are as many and as far apart as keepalived's"),
    // Priorities.
    should(150, "9568 §8.3.2", "two files that both say 255 are told so by `check --pair`"),
    rule(151, "9568 §6.1", "a priority that changes counts in the running skew and starts nothing over"),
    // Version 2.
    rule(160, "3768 §5.3", "version 2 carries type, seconds and eight bytes of authentication, and sums no pseudo-header"),
    must(161, "2338 §5.3.6, 3768 §5.3.6", "another authentication type than ours counts for nothing"),
    must(162, "2338 §5.3.6.2", "so does another password, compared as a whole"),
    must(163, "2338 §5.3.10", "a password is padded with zeros to eight bytes, and cut after eight with a warning"),
    rule(164, "2338 §5.3.6.1", "without authentication the eight bytes are zero, and not looked at"),
    must(165, "3768 §7.1", "another interval than ours counts for nothing"),
    must(166, "3768 §7.1", "another list of addresses counts for nothing unless the owner sends it: in strict mode; else it is heard and logged, as in keepalived since 2.3.3"),
    must(167, "3768 §7.1", "the owner hears nobody: with `owner_ignore_adverts`"),
    rule(168, "3768 §6.4.3", "a lower priority is discarded in silence: with `lower_prio_no_advert`; else it is answered, as in keepalived and RFC 9568"),
    must(169, "3768 §6.4.3", "who does not own an address never accepts packets to it").not_followed("keepalived accepts them, and its users listen there; `no_accept` is the RFC's way, and strict mode has it"),
    rule(170, "3768 §5.3.6", "`auth_type AH` and what else would only be pretended keeps an instance from starting"),
    rule(171, "3768 §5.3.7", "an interval below a second is not for version 2"),
    // Both versions at once.
    may(180, "9568 §8.4.2", "both versions at once").not_followed(BOTH_VERSIONS),
    must(181, "9568 §8.4.2", "then both are sent, each at the rate").not_followed(BOTH_VERSIONS),
    must(182, "9568 §8.4.2", "then a Backup counts in the rate of the Active Router").not_followed(BOTH_VERSIONS),
    should(183, "9568 §8.4.2", "then version 2 of somebody who speaks version 3 is ignored").not_followed(BOTH_VERSIONS),
    may(184, "9568 §8.4.2", "then somebody who sends no version 2 is reported").not_followed(BOTH_VERSIONS),
    should(185, "9568 §8.4.2.1.1", "then a version 2 node has the lower priority").not_followed(BOTH_VERSIONS),
    rule(186, "9568 §8.4", "without it a peer of the other version is named in the log, with what to do"),
    // Where RFC 5798 differs.
    must(190, "5798 §5.2.8", "version 3 over IPv4: the checksum covers a pseudo-header; both forms are heard, and either is sent"),
    rule(191, "5798 §6.4.3", "a lower priority is discarded: with `lower_prio_no_advert`"),
    must(192, "5798 §7.1", "the owner hears nobody: with `owner_ignore_adverts`"),
    rule(193, "5798 §6.4.2", "an accepted advert recomputes the whole down interval"),
    must(194, "5798 §7.4", "the virtual MAC makes no modified EUI-64"),
    rule(195, "keepalived", "people read MASTER and BACKUP, as they are used to"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend() {
        assert!(LINES.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
