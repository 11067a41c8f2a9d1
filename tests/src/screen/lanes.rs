//! The last minutes, a column for each half second.

use std::collections::VecDeque;
use std::time::Duration;

use crate::moment::Moment;
use crate::observer::NodeName;

/// The time one column stands for.
pub(super) const COLUMN: Duration = Duration::from_millis(500);
/// As many columns as the widest terminal shows, and some; the oldest go first.
const KEPT: usize = 600;

/// What a column has of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Mark {
    /// It was not there.
    #[default]
    Absent,
    /// It waited.
    Waits,
    /// It was Active.
    Active,
    /// It advertised.
    Advertised,
    /// It said farewell.
    Farewell,
}

/// What a column has of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Served {
    /// No question ended.
    #[default]
    Unknown,
    /// Every question was answered, the last by this node.
    By(NodeName),
    /// At least one was not.
    Missed,
}

/// Half a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Column {
    pub(super) nodes: [Mark; 2],
    pub(super) served: Served,
    pub(super) stranger: bool,
}

/// The columns from some time ago until now.
#[derive(Debug)]
pub(super) struct Lanes {
    began: Moment,
    /// The number of the first column kept.
    first: u128,
    columns: VecDeque<Column>,
}

impl Lanes {
    /// Nothing has happened yet.
    pub(super) fn since(began: Moment) -> Self {
        Self {
            began,
            first: 0,
            columns: VecDeque::from([Column::default()]),
        }
    }

    /// The node did this; what tells more than what else it did then is kept.
    pub(super) fn mark(&mut self, at: Moment, node: NodeName, mark: Mark) {
        if let Some(column) = self.column(at) {
            let marked = &mut column.nodes[node.index()];
            *marked = mark.max(*marked);
        }
    }

    /// A question of the client ended.
    pub(super) fn serve(&mut self, at: Moment, by: Option<NodeName>) {
        if let Some(column) = self.column(at)
            && column.served != Served::Missed
        {
            column.served = by.map_or(Served::Missed, Served::By);
        }
    }

    /// A stranger spoke.
    pub(super) fn intrude(&mut self, at: Moment) {
        if let Some(column) = self.column(at) {
            column.stranger = true;
        }
    }

    /// The last columns, at most so many.
    pub(super) fn last(&self, count: usize) -> impl Iterator<Item = &Column> {
        let skipped = self.columns.len().saturating_sub(count);
        self.columns.iter().skip(skipped)
    }

    /// The column of a moment, unless it is no longer kept.
    fn column(&mut self, at: Moment) -> Option<&mut Column> {
        let number = at.since(self.began).as_nanos() / COLUMN.as_nanos();
        // A clock that jumps must not fill the memory; what was before is then out of sight anyway.
        let end = self.first + self.columns.len() as u128;
        if number > end + KEPT as u128 {
            self.first = number;
            self.columns.clear();
        }
        while self.first + self.columns.len() as u128 <= number {
            self.columns.push_back(Column::default());
            if self.columns.len() > KEPT {
                self.columns.pop_front();
                self.first += 1;
            }
        }
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.columns.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment::from_nanoseconds(milliseconds * 1_000_000)
    }

    #[test]
    fn one_missed_answer_is_not_hidden_by_others() {
        let mut lanes = Lanes::since(at(0));
        lanes.serve(at(10), Some(NodeName::R1));
        lanes.serve(at(120), None);
        lanes.serve(at(140), Some(NodeName::R1));
        lanes.serve(at(510), Some(NodeName::R2));
        let served: Vec<_> = lanes.last(9).map(|column| column.served).collect();
        assert_eq!(served, [Served::Missed, Served::By(NodeName::R2)]);
    }

    #[test]
    fn a_long_life_keeps_only_its_end() {
        let mut lanes = Lanes::since(at(0));
        for second in 0..10_000 {
            lanes.mark(at(second * 1000), NodeName::R1, Mark::Advertised);
        }
        assert_eq!(lanes.columns.len(), KEPT);
        lanes.mark(at(1), NodeName::R1, Mark::Farewell);
        assert!(
            lanes
                .last(KEPT)
                .all(|column| column.nodes[0] != Mark::Farewell)
        );
        // The clock jumps by a hundred years.
        lanes.mark(at(3_153_600_000_000), NodeName::R1, Mark::Active);
        assert_eq!(lanes.columns.len(), 1);
    }
}
