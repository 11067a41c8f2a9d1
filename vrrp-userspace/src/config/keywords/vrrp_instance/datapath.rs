//! How packets are judged.

use super::super::{
    super::{
        draft::InstanceDraft,
        keyword::{Apply, Keyword},
    },
    values,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "xdp_mode",
        usage: "xdp_mode auto|native|generic|off",
        help: "How the XDP program is attached. With auto it is native where the driver supports it.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|instance, words| {
            instance.xdp.mode = Some(values::xdp_mode(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "xdp_valid_adverts",
        usage: "xdp_valid_adverts pass|drop",
        help: "Whether an advertisement that was heard goes on to other listeners on this machine.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|instance, words| {
            instance.xdp.valid_adverts = Some(values::valid_adverts(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "xdp_garp_guard",
        usage: "xdp_garp_guard alert|drop|off",
        help: "What to do about ARP in which somebody else claims our addresses.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|instance, words| {
            instance.xdp.garp_guard = Some(values::garp_guard(words)?);
            Ok(())
        }),
    },
];
