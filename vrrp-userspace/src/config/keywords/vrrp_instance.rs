//! `vrrp_instance`: a virtual router.

mod addresses;
mod announcements;
mod datapath;
mod election;
mod notify;
mod reach;
mod tracking;
mod virtual_mac;
mod wire;

use super::super::{draft::InstanceDraft, keyword::Table};

pub(super) static TABLE: Table<InstanceDraft> = Table {
    block: "vrrp_instance",
    groups: &[
        wire::KEYWORDS,
        virtual_mac::KEYWORDS,
        reach::KEYWORDS,
        election::KEYWORDS,
        addresses::KEYWORDS,
        tracking::KEYWORDS,
        notify::KEYWORDS,
        announcements::KEYWORDS,
        datapath::KEYWORDS,
    ],
};
