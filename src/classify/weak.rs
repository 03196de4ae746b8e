//! Weak labels: a judgment that cites article 273f Sr is about human trafficking, though nobody labelled it. The citations
//! are masked, or the model would learn them and nothing that carries over to news; and a law that is not cited says
//! nothing, so that a weak example is never a negative of another fenomeen than those whose articles it lacks entirely.

use std::collections::BTreeSet;

use super::corpus::Example;
use crate::law::{Citation, Laws};

/// An article that points at a fenomeen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Id of the law in the Basiswettenbestand.
    pub bwb: String,
    /// Article; empty when the whole law points.
    pub article: String,
}

/// A document with weak labels: those whose article is cited at least twice, for one mention may be a charge of which
/// somebody was cleared. None where nothing points.
#[must_use]
pub fn example(id: &str, title: &str, text: &str, laws: &Laws, pointers: &[Pointer]) -> Option<Example> {
    let citations = laws.find(text);
    let cites = |pointer: &Pointer| {
        let same = |citation: &&Citation| {
            laws.all().get(citation.law).is_some_and(|law| law.bwb == pointer.bwb)
                && (pointer.article.is_empty() || citation.article == pointer.article)
        };
        citations.iter().filter(same).count()
    };
    let sure: BTreeSet<String> =
        pointers.iter().filter(|own| cites(own) >= 2).map(|pointer| pointer.fenomeen.clone()).collect();
    if sure.is_empty() {
        return None;
    }
    // Absence of a citation is no "no": all other fenomenen are unknown.
    let all: BTreeSet<String> = pointers.iter().map(|pointer| pointer.fenomeen.clone()).collect();
    let unknown = all.into_iter().filter(|fenomeen| !sure.contains(fenomeen)).collect();
    Some(Example {
        id: id.to_owned(),
        title: masked(title, &laws.find(title)),
        text: masked(text, &citations),
        labels: sure.into_iter().collect(),
        kind: "judgment".into(),
        hard: false,
        hand: String::new(),
        unknown,
    })
}

/// The text without its references to laws.
fn masked(text: &str, citations: &[Citation]) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for citation in citations {
        out.push_str(text.get(from..citation.start).unwrap_or_default());
        from = from.max(citation.end);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;

    #[test]
    fn a_cited_article_labels_a_text_and_leaves_it() {
        let laws = Laws::new(assets::config("wetten/wetten.csv").expect("embedded")).expect("laws");
        let find = |name: &str| laws.all().iter().find(|law| law.name == name).expect("a law").bwb.clone();
        let pointer = |fenomeen: &str, article: &str| Pointer {
            fenomeen: fenomeen.into(),
            bwb: find("Wetboek van Strafrecht"),
            article: article.into(),
        };
        let pointers = [pointer("mensenhandel", "273f"), pointer("witwassen", "420bis")];
        let text = "Verdachte overtrad artikel 273f van het Wetboek van Strafrecht. De vrouwen werkten. \
                    Straf volgt uit artikel 273f van het Wetboek van Strafrecht.";
        let weak = example("1", "", text, &laws, &pointers).expect("an example");
        assert_eq!(weak.labels, ["mensenhandel"]);
        assert_eq!(weak.unknown, ["witwassen"]);
        assert!(!weak.text.contains("273f") && weak.text.contains("vrouwen"), "{}", weak.text);
        assert_eq!(weak.answer("witwassen"), None);
        assert!(example("2", "", "Niets wettelijks.", &laws, &pointers).is_none());
    }
}
