//! What was measured, side by side.

use vrrp_tests::Daemon;

/// What the issue of it is, and which way is better: always less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// What we mean to stay below, if that is a number.
    pub(crate) limit: Option<f64>,
}

impl Figure {
    pub(crate) const fn new(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            limit: None,
        }
    }

    pub(crate) const fn below(self, limit: f64) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }
}

/// All values of one figure in one case.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) figure: Figure,
    pub(crate) ours: Vec<f64>,
    pub(crate) keepalived: Vec<f64>,
}

/// Everything, in the order in which it was first measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) rows: Vec<Row>,
}

impl Results {
    /// Adds a value.
    pub(crate) fn add(&mut self, daemon: Daemon, case: &str, figure: Figure, value: f64) {
        let known = |row: &Row| row.case == case && row.figure.name == figure.name;
        let index = self.rows.iter().position(known).unwrap_or_else(|| {
            self.rows.push(Row {
                case: case.to_owned(),
                figure,
                ours: Vec::new(),
                keepalived: Vec::new(),
            });
            self.rows.len() - 1
        });
        if let Some(row) = self.rows.get_mut(index) {
            match daemon {
                Daemon::Xvrrpd => row.ours.push(value),
                Daemon::Keepalived => row.keepalived.push(value),
            }
        }
    }
}

/// Median, least and greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: *sorted.get(sorted.len() / 2)?,
            least: *sorted.first()?,
            greatest: *sorted.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_what_there_is() {
        assert_eq!(Spread::of(&[]), None);
        let spread = Spread::of(&[3.0, 1.0, 2.0]);
        let expected = Spread {
            median: 2.0,
            least: 1.0,
            greatest: 3.0,
        };
        assert_eq!(spread, Some(expected));
    }

    #[test]
    fn values_of_one_figure_are_one_row_with_a_side_for_each_daemon() {
        let mut results = Results::default();
        let figure = Figure::new("gap", "ms");
        results.add(Daemon::Xvrrpd, "a", figure, 1.0);
        results.add(Daemon::Keepalived, "a", figure, 2.0);
        results.add(Daemon::Xvrrpd, "b", figure, 3.0);
        assert_eq!(results.rows.len(), 2);
        assert_eq!(
            (&results.rows[0].ours, &results.rows[0].keepalived),
            (&vec![1.0], &vec![2.0])
        );
    }
}
