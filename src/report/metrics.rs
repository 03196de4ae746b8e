//! Figures for a monitor, in the text format of Prometheus: the daemon writes them to a file that a node exporter's
//! textfile collector can read, so that no port is opened.

use std::fmt::Write as _;

use crate::domain::source::SourceId;

/// One source, for a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFigures {
    /// The source.
    pub source: SourceId,
    /// Last poll that ended well, in seconds since 1970.
    pub last_ok: Option<i64>,
    /// Failed polls in a row.
    pub failures: u32,
    /// Kinds of what is wrong now.
    pub wrong: Vec<String>,
}

/// Everything for a monitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Per source.
    pub sources: Vec<SourceFigures>,
    /// Mails that wait, were sent, and were given up.
    pub outbox: (i64, i64, i64),
    /// Size of the database in bytes.
    pub database: i64,
    /// When this was written, in seconds since 1970.
    pub written: i64,
}

impl Figures {
    /// The text. Ids of sources are lower case letters, digits and hyphens, so labels need no escaping.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, help: &str, lines: Vec<(String, i64)>| {
            let head = writeln!(text, "# HELP uitkijk_{name} {help}\n# TYPE uitkijk_{name} gauge");
            for (labels, value) in lines {
                head.and_then(|()| writeln!(text, "uitkijk_{name}{labels} {value}")).unwrap_or_default();
            }
        };
        let each = |value: &dyn Fn(&SourceFigures) -> Option<i64>| {
            let line = |own: &SourceFigures| Some((format!("{{source=\"{}\"}}", own.source), value(own)?));
            self.sources.iter().filter_map(line).collect::<Vec<_>>()
        };
        family("source_last_ok_seconds", "Last poll that ended well", each(&|own| own.last_ok));
        family("source_failures", "Failed polls in a row", each(&|own| Some(own.failures.into())));
        let wrong = self.sources.iter().flat_map(|own| {
            own.wrong.iter().map(move |kind| (format!("{{source=\"{}\",kind=\"{kind}\"}}", own.source), 1))
        });
        family("source_condition", "What is wrong with a source now", wrong.collect());
        let (queued, sent, failed) = self.outbox;
        let states = [("queued", queued), ("sent", sent), ("failed", failed)];
        let mails = states.map(|(state, count)| (format!("{{state=\"{state}\"}}"), count));
        family("mails", "Mails in the outbox", mails.to_vec());
        family("database_bytes", "Size of the database", vec![(String::new(), self.database)]);
        family("written_seconds", "When this file was written", vec![(String::new(), self.written)]);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_line() {
        let source = SourceFigures {
            source: SourceId("at5".into()),
            last_ok: Some(1_700_000_000),
            failures: 2,
            wrong: vec!["stil".into()],
        };
        let text = Figures { sources: vec![source], outbox: (1, 2, 3), database: 4096, written: 5 }.text();
        for line in [
            "uitkijk_source_last_ok_seconds{source=\"at5\"} 1700000000",
            "uitkijk_source_failures{source=\"at5\"} 2",
            "uitkijk_source_condition{source=\"at5\",kind=\"stil\"} 1",
            "uitkijk_mails{state=\"failed\"} 3",
            "uitkijk_database_bytes 4096",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
    }
}
