//! What comes of ours and keepalived on one VRID: the table of all cells, and the page that it prints as.
//!
//! The expectations were written before anything was run. Where both are Active that is the truth, and not a failure of the test.

use std::fmt::Write as _;

/// Which advertisements are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Version 2 without authentication.
    V2,
    /// Version 2 with a password.
    V2Pass,
    /// Version 3 over IPv4.
    V3,
    /// Version 3 over IPv6.
    V3Ipv6,
}

/// To whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// To the group.
    Multicast,
    /// To each other.
    Unicast,
}

/// What happens, or in what the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// r1 is stopped by its administrator.
    Stop,
    /// r1 is killed.
    Kill,
    /// r1 is stopped and started again.
    PreemptBack,
    /// The same, and both say `nopreempt`.
    NoPreempt,
    /// Both have one priority, lose sight of each other, and find each other again.
    EqualPriority,
    /// r2 has another `advert_int`.
    OtherInterval,
    /// r2 lists one address more.
    OtherList,
    /// r2 has another password.
    WrongPassword,
    /// r2 speaks the other version.
    WrongVersion,
}

/// Who runs where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roles {
    /// Ours on r1, with the higher priority; keepalived on r2, with the higher address.
    OursFirst,
    /// The other way round.
    KeepalivedFirst,
}

/// Who is Active in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// r1 alone.
    First,
    /// r2 alone.
    Second,
    /// Both, for neither believes the other, or one does not.
    Both,
    /// There is no such cell, for this reason.
    Void(&'static str),
}

const NO_PASSWORD: End = End::Void("there is no password that could be wrong");
const NOT_IN_V3: End = End::Void("version 3 has no passwords");
const NO_V2_OVER_IPV6: End = End::Void("version 2 does not know IPv6");

/// All forms.
pub const FORMS: [Form; 4] = [Form::V2, Form::V2Pass, Form::V3, Form::V3Ipv6];
/// Both casts: what comes of a cell does not depend on them.
pub const CASTS: [Cast; 2] = [Cast::Multicast, Cast::Unicast];

/// The ends of a row, in the order of [`FORMS`].
type Row = (Event, Roles, [End; 4]);

const fn same(event: Event, roles: Roles, end: End) -> Row {
    (event, roles, [end; 4])
}

use End::{Both, First, Second};
use Roles::{KeepalivedFirst, OursFirst};

/// What is expected.
const TABLE: &[Row] = &[
    same(Event::Stop, OursFirst, Second),
    same(Event::Stop, KeepalivedFirst, Second),
    same(Event::Kill, OursFirst, Second),
    same(Event::Kill, KeepalivedFirst, Second),
    same(Event::PreemptBack, OursFirst, First),
    same(Event::PreemptBack, KeepalivedFirst, First),
    same(Event::NoPreempt, OursFirst, Second),
    same(Event::NoPreempt, KeepalivedFirst, Second),
    same(Event::EqualPriority, OursFirst, Second),
    same(Event::EqualPriority, KeepalivedFirst, Second),
    (Event::OtherInterval, OursFirst, [Both, Both, First, First]),
    (
        Event::OtherInterval,
        KeepalivedFirst,
        [Both, Both, First, First],
    ),
    // keepalived up to 2.3.2 does not believe an advert with another list; we do.
    same(Event::OtherList, OursFirst, Both),
    same(Event::OtherList, KeepalivedFirst, First),
    (
        Event::WrongPassword,
        OursFirst,
        [NO_PASSWORD, Both, NOT_IN_V3, NOT_IN_V3],
    ),
    (
        Event::WrongPassword,
        KeepalivedFirst,
        [NO_PASSWORD, Both, NOT_IN_V3, NOT_IN_V3],
    ),
    (
        Event::WrongVersion,
        OursFirst,
        [Both, Both, Both, NO_V2_OVER_IPV6],
    ),
    (
        Event::WrongVersion,
        KeepalivedFirst,
        [Both, Both, Both, NO_V2_OVER_IPV6],
    ),
];

/// What is expected of a cell, whichever the cast.
///
/// # Panics
///
/// If the table has a hole.
#[must_use]
pub fn expected(event: Event, roles: Roles, form: Form) -> End {
    let mut rows = TABLE.iter();
    let row = rows.find(|(its_event, its_roles, _)| (*its_event, *its_roles) == (event, roles));
    let (_, _, ends) = row.expect("the table has every row");
    let mut cells = FORMS.iter().zip(ends);
    let cell = cells.find(|(its_form, _)| **its_form == form);
    *cell.expect("a row has every form").1
}

/// What our log says of the other one where both are Active.
#[must_use]
pub const fn alarm(event: Event) -> &'static str {
    match event {
        Event::OtherInterval => "its advert_int differs",
        Event::OtherList => "VIPs but received",
        Event::WrongPassword => "received an invalid passwd",
        Event::WrongVersion => "it speaks the other VRRP version",
        Event::Stop
        | Event::Kill
        | Event::PreemptBack
        | Event::NoPreempt
        | Event::EqualPriority => "",
    }
}

const fn described(event: Event) -> &'static str {
    match event {
        Event::Stop => "r1 is stopped",
        Event::Kill => "r1 is killed (kill -9)",
        Event::PreemptBack => "r1 is stopped and comes back",
        Event::NoPreempt => "the same, with `nopreempt` on both",
        Event::EqualPriority => "one priority, parted and put together again",
        Event::OtherInterval => "r2 has another `advert_int`",
        Event::OtherList => "r2 lists an address more",
        Event::WrongPassword => "r2 has another password",
        Event::WrongVersion => "r2 speaks the other version",
    }
}

const HEAD: &str = "\
# Beside keepalived

What comes of `xvrrpd` and Debian's keepalived (2.2.7) on one VRID, in both roles: r1 has the higher priority, r2 the higher address. The table stood before anything was run, and
`cargo xtask test interop` runs all of it: for every row two nodes with eight virtual routers each, one for each form and each of multicast and unicast, which changes nothing
about who is Active. Version 3 speaks every 100 ms, version 2 every second.

**both** is the truth where neither believes the other, or keepalived does not believe us; our log then says why. A `-` is no cell.

| | r1 | v2 | v2, password | v3 over IPv4 | v3 over IPv6 |
|---|---|---|---|---|---|
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut reasons: Vec<&str> = Vec::new();
    for (event, roles, ends) in TABLE {
        let first = match roles {
            OursFirst => "ours",
            KeepalivedFirst => "keepalived",
        };
        let cells = ends.map(|end| match end {
            First => "r1".to_owned(),
            Second => "r2".to_owned(),
            Both => "**both**".to_owned(),
            End::Void(reason) => {
                let known = reasons.iter().position(|one| *one == reason);
                let number = known.unwrap_or_else(|| {
                    reasons.push(reason);
                    reasons.len() - 1
                });
                format!("- ({})", number + 1)
            }
        });
        let _ = writeln!(
            page,
            "| {} | {first} | {} |",
            described(*event),
            cells.join(" | ")
        );
    }
    page.push('\n');
    for (index, reason) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{}. {reason}", index + 1);
    }
    page.push_str(TAIL);
    page
}

const TAIL: &str = "
What our log says where both are Active: of another interval in version 2 `its advert_int differs`, of another list `expected 1 VIPs but received 2`, of another password `received an invalid passwd`, of
the other version `it speaks the other VRRP version`; each with the address it came from.

A keepalived that rejects adverts more often than it speaks falls silent, since each of them sets its timer anew, and keeps the addresses; then our log has nothing to tell. In the row of
the other version r2 therefore speaks every two seconds.

The same was run once by hand beside keepalived 2.3.3: every cell ended alike but those of another list with ours on r1, where r1 alone is Active, since keepalived believes such an advert from 2.3.3 on.

After a kill -9 keepalived leaves its addresses on r1, where nobody speaks for them any more; ours has a guard that removes them and says goodbye, so that r2 need not wait.
";

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;

    /// `UPDATE_EXPECT=1 cargo test -p vrrp-tests --lib interop` writes it.
    #[test]
    fn the_page_is_the_table() {
        expect_file!["../../docs/interop.md"].assert_eq(&page());
    }

    #[test]
    fn where_both_are_active_there_is_something_to_say() {
        for (event, _, ends) in TABLE {
            assert!(
                !ends.contains(&Both) || !alarm(*event).is_empty(),
                "{event:?}"
            );
        }
    }
}
