//! Which interfaces with a virtual MAC an instance needs, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        diagnostic::Diagnostic,
        draft::{AddressDraft, InstanceDraft, MacDraft, MacvlanDraft, VirtualMacDraft},
        keyword::Refusal,
        lexer::Word,
        model::{Macvlan, VirtualAddress},
        source::Span,
    },
    Resolver,
};
use crate::protocol::{Family, Vrid};

const PREFIX: &str = "vrrp";

/// Where an instance speaks, and as whom.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) interface: &'a str,
    pub(super) vrid: Vrid,
    pub(super) family: Family,
    pub(super) is_unicast: bool,
}

/// The names of interfaces in a file.
pub(super) struct Names {
    /// Of interfaces that are there, or have been made up.
    taken: BTreeSet<String>,
    /// Behind some `use_vmac`.
    written: BTreeSet<String>,
    /// Of these, the ones met so far.
    given: BTreeMap<String, Span>,
}

impl Names {
    pub(super) fn of(drafts: &[InstanceDraft]) -> Self {
        let (mut taken, mut written) = (BTreeSet::new(), BTreeSet::new());
        for draft in drafts {
            taken.extend(draft.interface.iter().map(|word| word.text.clone()));
            written.extend(name_in(draft.virtual_mac.macvlan.as_ref()));
            let addresses = draft.virtual_addresses.iter();
            for address in addresses.chain(&draft.excluded_addresses) {
                taken.extend(address.address.interface.clone());
                written.extend(name_in(address.macvlan.as_ref()));
            }
        }
        Self {
            taken,
            written,
            given: BTreeMap::new(),
        }
    }

    /// A name that nobody has, as keepalived makes them.
    fn make(&mut self, prefix: &str, family: Family, vrid: Vrid) -> String {
        let six = match family {
            Family::Ipv4 => "",
            Family::Ipv6 => "6",
        };
        let usual = format!("{prefix}{six}.{vrid}");
        let others = (2..).map(|number| format!("{usual}.{number}"));
        let mut names = std::iter::once(usual.clone()).chain(others);
        let is_free =
            |name: &String| !self.written.contains(name) && self.taken.insert(name.clone());
        names.find(is_free).unwrap_or(usual)
    }
}

fn name_in(draft: Option<&MacvlanDraft>) -> Option<String> {
    draft?.name.as_ref().map(|name| name.text.clone())
}

/// The virtual MACs of one instance.
pub(super) struct VirtualMacs<'a> {
    link: Link<'a>,
    draft: &'a VirtualMacDraft,
    pub(super) macvlans: Vec<Macvlan>,
    pub(super) speaks_as: Option<[u8; 6]>,
}

impl Resolver<'_> {
    /// That of the instance itself. Those of its addresses are added by [`VirtualMacs::all`].
    pub(super) fn virtual_macs<'a>(
        &mut self,
        link: Link<'a>,
        draft: &'a VirtualMacDraft,
    ) -> Result<VirtualMacs<'a>, Refusal> {
        let mut macs = VirtualMacs {
            link,
            draft,
            macvlans: Vec::new(),
            speaks_as: None,
        };
        let Some(own) = &draft.macvlan else {
            return Ok(macs);
        };
        let mac = mac(own.mac, link.vrid, link.family);
        macs.add(self, link.interface, mac, link.family, Some(own))?;
        if !draft.speaks_from_beneath {
            if link.is_unicast {
                let headline = "`use_vmac` with `unicast_peer` needs `vmac_xmit_base`";
                let diagnostic = Diagnostic::warning(headline, own.span.clone());
                self.tell(diagnostic.now("it is as if that were written, as in keepalived"));
            } else {
                macs.speaks_as = Some(mac);
            }
        }
        Ok(macs)
    }
}

impl VirtualMacs<'_> {
    /// The addresses, each with the MAC it has.
    pub(super) fn all(
        &mut self,
        resolver: &mut Resolver<'_>,
        drafts: Vec<AddressDraft>,
    ) -> Result<Vec<VirtualAddress>, Refusal> {
        drafts
            .into_iter()
            .map(|draft| self.address(resolver, draft))
            .collect()
    }

    fn address(
        &mut self,
        resolver: &mut Resolver<'_>,
        draft: AddressDraft,
    ) -> Result<VirtualAddress, Refusal> {
        let mut address = draft.address;
        let beneath = address.interface.as_deref().unwrap_or(self.link.interface);
        let is_beside = beneath == self.link.interface;
        let family = Family::of(address.address);
        let is_own =
            is_beside && (family == self.link.family || !self.draft.covers_other_interfaces);
        let (written, family) = match (&draft.macvlan, &self.draft.macvlan) {
            (Some(written), _) => (Some(written), family),
            // Whatever its family, as in keepalived.
            (None, Some(own)) if is_own => (Some(own), self.link.family),
            (None, _) if !is_own && self.draft.covers_other_interfaces => (None, family),
            (None, _) => return Ok(address),
        };
        let mac = mac(
            written.and_then(|written| written.mac),
            self.link.vrid,
            family,
        );
        self.add(resolver, beneath, mac, family, written)?;
        address.mac = Some(mac);
        Ok(address)
    }

    /// Has an interface on top of `parent`, unless there is one with this MAC.
    fn add(
        &mut self,
        resolver: &mut Resolver<'_>,
        parent: &str,
        mac: [u8; 6],
        family: Family,
        written: Option<&MacvlanDraft>,
    ) -> Result<(), Refusal> {
        let mut known = self.macvlans.iter();
        if known.any(|known| known.parent == parent && known.mac == mac) {
            return Ok(());
        }
        let name = match written.and_then(|written| written.name.as_ref()) {
            Some(name) => resolver.given_name(name)?,
            None => {
                let global = resolver.global;
                let own = global.macvlan_prefix.as_deref();
                let of_addresses = global.address_macvlan_prefix.as_deref();
                let prefix = written.map_or(of_addresses, |_| None).or(own);
                let prefix = prefix.unwrap_or(PREFIX);
                resolver.names.make(prefix, family, self.link.vrid)
            }
        };
        self.macvlans.push(Macvlan {
            name,
            parent: parent.to_owned(),
            mac,
            group: written.and_then(|written| written.group),
        });
        Ok(())
    }
}

impl Resolver<'_> {
    fn given_name(&mut self, name: &Word) -> Result<String, Refusal> {
        let text = &name.text;
        if let Some(first) = self.names.given.get(text) {
            let headline = format!("two interfaces would be called `{text}`");
            let diagnostic = Diagnostic::error(headline, name.span.clone()).label("second");
            let diagnostic = diagnostic.also(first.clone(), "first");
            return Err(self.refused(diagnostic));
        }
        if self.names.taken.contains(text) {
            let headline = format!("`{text}` is an interface already");
            let diagnostic = Diagnostic::error(headline, name.span.clone());
            return Err(self.refused(diagnostic.help("name another one, or none")));
        }
        self.names.given.insert(text.clone(), name.span.clone());
        Ok(text.clone())
    }
}

const fn mac(written: Option<MacDraft>, vrid: Vrid, family: Family) -> [u8; 6] {
    match written {
        Some(MacDraft::Whole(mac)) => mac,
        Some(MacDraft::Beginning([a, b, c, d, e])) => [a, b, c, d, e, vrid.get()],
        None => vrid.virtual_mac(family),
    }
}
