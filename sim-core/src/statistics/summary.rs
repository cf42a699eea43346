//! The figures of a run, as plain data with the names that scenarios and tables use.

use crate::io::Parts;

/// The figures of some latencies, in nanoseconds; all 0 if there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many there were.
    pub count: u64,
    /// The arithmetic mean, rounded down.
    pub mean_ns: u64,
    /// The median: half of them are no longer.
    pub p50_ns: u64,
    /// 99 % of them are no longer.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// The figures of a run. Those of requests go by the order in which requests were issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bios queued.
    pub ios: u64,
    /// Requests issued, flushes included.
    pub requests: u64,
    /// The bytes of all requests.
    pub bytes: u64,
    /// Requests that do not start where the one before ended; flushes do not count, nor does the
    /// first request, which has none before it.
    pub seeks: u64,
    /// The distances of all seeks together, forwards and backwards, in sectors.
    pub seek_distance_sectors: u64,
    /// Seeks to before the end of the request before.
    pub backward_steps: u64,
    /// Requests that completed with an error.
    pub failed_requests: u64,
    /// When the run ended.
    pub simulated_time_ns: u64,
    /// From issue to completion, of all requests.
    pub latency: Latency,
    /// The same, of reads only.
    pub read: Latency,
    /// The same, of writes only.
    pub write: Latency,
    /// From queueing to completion, of bios; a split bio ends with its last part.
    pub queued: Latency,
    /// Where the time of the completed requests went, added up.
    pub parts: Parts,
}

impl Summary {
    /// All figures with their names: `ios`, `latency_p99_ns`, `latency.read.p99_ns`,
    /// `parts_ns.seek`, ... A name never depends on a run.
    pub fn figures(&self) -> Vec<(String, u64)> {
        let mut figures: Vec<_> = [
            ("ios", self.ios),
            ("requests", self.requests),
            ("bytes", self.bytes),
            ("seeks", self.seeks),
            ("seek_distance_sectors", self.seek_distance_sectors),
            ("backward_steps", self.backward_steps),
            ("failed_requests", self.failed_requests),
            ("simulated_time_ns", self.simulated_time_ns),
        ]
        .map(|(name, figure)| (name.to_owned(), figure))
        .into();
        for (prefix, latency) in [
            ("latency_", self.latency),
            ("latency.read.", self.read),
            ("latency.write.", self.write),
            ("latency.queued.", self.queued),
        ] {
            for (name, figure) in [
                ("count", latency.count),
                ("mean_ns", latency.mean_ns),
                ("p50_ns", latency.p50_ns),
                ("p99_ns", latency.p99_ns),
                ("max_ns", latency.max_ns),
            ] {
                figures.push((format!("{prefix}{name}"), figure));
            }
        }
        let parts = self.parts.iter();
        figures.extend(parts.map(|(part, time)| (format!("parts_ns.{}", part.key()), time.nanoseconds())));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Part;
    use crate::time::Duration;
    use std::collections::BTreeMap;

    #[test]
    fn figures_have_the_names_that_scenarios_use() {
        let mut summary = Summary { ios: 3, ..Summary::default() };
        summary.latency.p99_ns = 7;
        summary.read.max_ns = 8;
        summary.parts.add(Part::HeadSwitch, Duration::from_nanoseconds(9));
        let figures = summary.figures();
        let names: BTreeMap<_, _> = figures.iter().cloned().collect();
        assert_eq!(names.len(), figures.len());
        assert_eq!(names["ios"], 3);
        assert_eq!(names["latency_p99_ns"], 7);
        assert_eq!(names["latency.read.max_ns"], 8);
        assert_eq!(names["parts_ns.head_switch"], 9);
        assert_eq!(names["simulated_time_ns"], 0);
    }
}
