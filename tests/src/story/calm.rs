//! Nothing changes.

use crate::lab::Lab;
use crate::node::Node;

/// The pair as it was at some moment, to be compared with what it is.
#[derive(Debug)]
pub struct Calm<'a> {
    nodes: [(&'a Node, usize); 2],
}

impl<'a> Calm<'a> {
    /// The pair as it is now.
    #[must_use]
    pub fn now(lab: &'a Lab) -> Self {
        Self {
            nodes: [&lab.r1, &lab.r2].map(|node| (node, node.transitions().len())),
        }
    }

    /// Whether no node has changed its role since.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.nodes
            .iter()
            .all(|(node, before)| node.transitions().len() == *before)
    }

    /// The changes of role since, of both nodes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.nodes
            .iter()
            .map(|(node, before)| node.transitions().len() - before)
            .sum()
    }
}
