//! A keyword as a row of a table: everything the program knows about it stands there.

use super::{
    block::{Block, Content},
    interpreter::Interpreter,
    source::Span,
    words::{Problem, Words},
};

/// A word that may begin a statement in the block that builds a `T`.
pub(super) struct Keyword<T: 'static> {
    pub(super) name: &'static str,
    /// How to write it; begins with the name.
    pub(super) usage: &'static str,
    /// What it does, in sentences.
    pub(super) help: &'static str,
    /// The oldest line of keepalived (or of this program) known to have it.
    pub(super) since: &'static str,
    pub(super) apply: Apply<T>,
}

/// What a statement with this keyword does.
pub(super) enum Apply<T: 'static> {
    /// Reads the words behind the keyword.
    Words(fn(&mut T, &mut Words<'_>) -> Result<(), Problem>),
    /// Reads each line of a block.
    Lines(fn(&mut T, &mut Words<'_>) -> Result<(), Problem>),
    /// Reads the words behind the keyword and then a block of keywords.
    Block(fn(&mut T, &mut Words<'_>, &Block, &mut Interpreter<'_>) -> Result<(), Problem>),
    /// Belongs to the part of keepalived that balances load; skipped with one line for all of its kind.
    LoadBalancing,
    /// Is accepted, and nothing needs to be done.
    WithoutEffect,
    /// Has a newer name.
    RenamedTo(&'static str),
    /// Is known, and not done yet.
    NotSupportedYet(Gap),
    /// Is known, and explained by what was said about the block it stands in.
    WithItsBlock(Option<Content>),
}

/// A keyword that is not supported yet.
pub(super) struct Gap {
    pub(super) consequence: Consequence,
    /// What its block holds, if it opens one.
    pub(super) content: Option<Content>,
    /// Values that ask for what is done anyway.
    pub(super) except: &'static [&'static str],
}

/// What a keyword that is not supported yet means for the instance it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    /// The instance does its work without it.
    Ignored,
    /// It changes who is heard, what is sent or who follows whom. The reason says what it would do
    /// wrong.
    InstanceRefused(&'static str),
}

/// keepalived has had the keyword for as long as we looked back.
pub(super) const KEEPALIVED: &str = "keepalived 2.2 or before";

impl<T> Keyword<T> {
    /// Nothing needs to be done, for the reason that `help` gives.
    pub(super) const fn accepted_without_effect(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            usage: name,
            help,
            since: KEEPALIVED,
            apply: Apply::WithoutEffect,
        }
    }

    pub(super) const fn renamed(name: &'static str, new: &'static str) -> Self {
        Self {
            name,
            usage: name,
            help: "The old name of another keyword.",
            since: KEEPALIVED,
            apply: Apply::RenamedTo(new),
        }
    }

    pub(super) const fn not_supported_yet(
        name: &'static str,
        help: &'static str,
        consequence: Consequence,
    ) -> Self {
        let gap = Gap {
            consequence,
            content: None,
            except: &[],
        };
        Self {
            name,
            usage: name,
            help,
            since: KEEPALIVED,
            apply: Apply::NotSupportedYet(gap),
        }
    }

    /// As [`Self::not_supported_yet`], for a keyword with a block.
    pub(super) const fn block_not_supported_yet(
        name: &'static str,
        help: &'static str,
        content: Content,
        consequence: Consequence,
    ) -> Self {
        let gap = Gap {
            consequence,
            content: Some(content),
            except: &[],
        };
        Self {
            name,
            usage: name,
            help,
            since: KEEPALIVED,
            apply: Apply::NotSupportedYet(gap),
        }
    }

    /// As [`Self::not_supported_yet`], unless the value is one of `except`.
    pub(super) const fn only_supported_as(
        name: &'static str,
        except: &'static [&'static str],
        help: &'static str,
        consequence: Consequence,
    ) -> Self {
        let gap = Gap {
            consequence,
            content: None,
            except,
        };
        Self {
            name,
            usage: name,
            help,
            since: KEEPALIVED,
            apply: Apply::NotSupportedYet(gap),
        }
    }

    /// Part of a block that is not supported.
    pub(super) const fn with_its_block(name: &'static str) -> Self {
        Self::inside(name, None)
    }

    /// Part of a block that is not supported, with lines of its own.
    pub(super) const fn lines_with_its_block(name: &'static str) -> Self {
        Self::inside(name, Some(Content::Lines))
    }

    const fn inside(name: &'static str, content: Option<Content>) -> Self {
        Self {
            name,
            usage: name,
            help: "Belongs to a block that is not supported yet.",
            since: KEEPALIVED,
            apply: Apply::WithItsBlock(content),
        }
    }

    pub(super) const fn load_balancing(name: &'static str) -> Self {
        Self {
            name,
            usage: name,
            help: "Belongs to the load balancer of keepalived, which this program does not replace.",
            since: KEEPALIVED,
            apply: Apply::LoadBalancing,
        }
    }
}

/// Something that can be kept from starting.
pub(super) trait Refuse {
    /// What a refusal means, as a sentence.
    const OUTCOME: &'static str = "it is ignored";

    /// Remembers why. What cannot start anyway has nothing to remember.
    fn refuse(&mut self, _refusal: Refusal) {}
}

impl Refuse for () {}

/// Why an instance must not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) span: Span,
}

/// The keywords of one kind of block.
pub(super) struct Table<T: 'static> {
    /// The keyword that opens the block; empty for the file itself.
    pub(super) block: &'static str,
    /// By what they are about.
    pub(super) groups: &'static [&'static [Keyword<T>]],
}

impl<T> Table<T> {
    /// Every keyword, in the order in which they are written down.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &'static Keyword<T>> + use<T> {
        self.groups.iter().copied().flatten()
    }

    pub(super) fn get(&self, name: &str) -> Option<&'static Keyword<T>> {
        self.keywords().find(|keyword| keyword.name == name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.keywords().map(|keyword| keyword.name)
    }

    /// What the block of `name` holds, if it opens one here.
    pub(super) fn opens(&self, name: &str) -> Option<Content> {
        match &self.get(name)?.apply {
            Apply::Lines(_) => Some(Content::Lines),
            Apply::Block(_) => Some(Content::Keywords),
            Apply::NotSupportedYet(Gap { content, .. }) | Apply::WithItsBlock(content) => *content,
            Apply::RenamedTo(new) => self.opens(new),
            Apply::Words(_) | Apply::LoadBalancing | Apply::WithoutEffect => None,
        }
    }
}
