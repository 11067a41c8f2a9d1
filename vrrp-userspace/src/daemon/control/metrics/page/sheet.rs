//! Metrics with their samples, on their way to becoming text.

use prometheus::{
    Encoder as _, Error, GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// A metric about each `T`.
pub(super) struct Metric<T, V> {
    title: Title,
    value: fn(&T) -> V,
}

/// A metric of this name, what it means, and where its value is.
pub(super) const fn metric<T, V>(
    name: &'static str,
    help: &'static str,
    value: fn(&T) -> V,
) -> Metric<T, V> {
    Metric {
        title: (name, help),
        value,
    }
}

/// A name and what it means.
pub(super) type Title = (&'static str, &'static str);

/// What metrics are about, and how each is told from the others.
pub(super) struct Subjects<'a, T, const N: usize> {
    /// The names of the labels.
    pub(super) labels: [&'static str; N],
    /// And their values.
    pub(super) all: Vec<(&'a T, [String; N])>,
}

/// Everything there is to say.
#[derive(Default)]
pub(super) struct Sheet(Registry);

impl Sheet {
    /// Every one of `metrics` for every one of `subjects`.
    pub(super) fn counters<T, const N: usize>(
        &self,
        metrics: &[Metric<T, u64>],
        subjects: &Subjects<'_, T, N>,
    ) -> Result<(), Error> {
        for Metric { title, value } in metrics {
            let samples = subjects.all.iter();
            let samples = samples.map(|(one, labels)| (labels.clone(), value(one)));
            self.counter(*title, subjects.labels, samples)?;
        }
        Ok(())
    }

    /// The same, of what can go down too; nothing of what is not known.
    pub(super) fn gauges<T, const N: usize>(
        &self,
        metrics: &[Metric<T, Option<i64>>],
        subjects: &Subjects<'_, T, N>,
    ) -> Result<(), Error> {
        for Metric { title, value } in metrics {
            let samples = subjects.all.iter();
            let samples = samples.filter_map(|(one, labels)| Some((labels.clone(), value(one)?)));
            self.gauge(*title, subjects.labels, samples)?;
        }
        Ok(())
    }

    /// The same, of what is no whole number.
    pub(super) fn fractions<T, const N: usize>(
        &self,
        metrics: &[Metric<T, Option<f64>>],
        subjects: &Subjects<'_, T, N>,
    ) -> Result<(), Error> {
        for Metric { title, value } in metrics {
            let family = GaugeVec::new(options(*title), &subjects.labels)?;
            for (one, labels) in &subjects.all {
                if let Some(value) = value(one) {
                    family.get_metric_with_label_values(labels)?.set(value);
                }
            }
            self.0.register(Box::new(family))?;
        }
        Ok(())
    }

    /// One metric with these samples.
    pub(super) fn counter<const N: usize>(
        &self,
        title: Title,
        labels: [&str; N],
        samples: impl IntoIterator<Item = ([String; N], u64)>,
    ) -> Result<(), Error> {
        let family = IntCounterVec::new(options(title), &labels)?;
        for (values, count) in samples {
            family.get_metric_with_label_values(&values)?.inc_by(count);
        }
        self.0.register(Box::new(family))
    }

    /// The same, of what can go down too.
    pub(super) fn gauge<const N: usize>(
        &self,
        title: Title,
        labels: [&str; N],
        samples: impl IntoIterator<Item = ([String; N], i64)>,
    ) -> Result<(), Error> {
        let family = IntGaugeVec::new(options(title), &labels)?;
        for (values, value) in samples {
            family.get_metric_with_label_values(&values)?.set(value);
        }
        self.0.register(Box::new(family))
    }

    /// As Prometheus reads it, in the order of the names.
    pub(super) fn text(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.0.gather(), &mut text)?;
        Ok(text)
    }
}

fn options((name, help): Title) -> Opts {
    Opts::new(name, help)
}

/// A count as a gauge has it.
pub(super) fn whole(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
