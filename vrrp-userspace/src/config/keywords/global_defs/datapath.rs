//! How addresses are put in place, how packets are judged, and who may look on.

use super::super::{
    super::{
        draft::GlobalDraft,
        keyword::{Apply, Keyword},
        model::ControlGroup,
        source::Place,
    },
    values,
};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword {
        name: "vip_install",
        usage: "vip_install auto|address|route",
        help: "How addresses are put in place where an instance does not say.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            draft.global.vip_install = values::vip_install(words)?;
            Ok(())
        }),
    },
    Keyword {
        name: "xdp_mode",
        usage: "xdp_mode auto|native|generic|off",
        help: "How the XDP program is attached where an instance does not say.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            draft.global.xdp.mode = values::xdp_mode(words)?;
            Ok(())
        }),
    },
    Keyword {
        name: "xdp_valid_adverts",
        usage: "xdp_valid_adverts pass|drop",
        help: "Whether adverts that were heard go on where an instance does not say.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            draft.global.xdp.valid_adverts = values::valid_adverts(words)?;
            Ok(())
        }),
    },
    Keyword {
        name: "xdp_garp_guard",
        usage: "xdp_garp_guard alert|drop|off",
        help: "What to do about forged ARP where an instance does not say.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            draft.global.xdp.garp_guard = values::garp_guard(words)?;
            Ok(())
        }),
    },
    Keyword {
        name: "control_group",
        usage: "control_group <group>",
        help: "Whose members may ask the running daemon by `xvrrpd status` and `xvrrpd history`; `xvrrpd` unless given, if \
               there is such a group. Root always may, and only root may change anything.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            let word = words.word("the name of a group")?;
            draft.global.control_group = Some(ControlGroup {
                name: word.text.clone(),
                place: Place(word.span.clone()),
            });
            Ok(())
        }),
    },
    Keyword {
        name: "metrics_listen",
        usage: "metrics_listen [<address>:]<port>",
        help: "Where Prometheus gets `/metrics` by HTTP; nowhere unless given. On 127.0.0.1 if only a port is given. Whoever \
               reaches it can read it: there is no password and no encryption.",
        since: "xvrrpd 0.1",
        apply: Apply::Words(|draft, words| {
            draft.global.metrics_listen = Some(values::listen(words)?);
            Ok(())
        }),
    },
];
