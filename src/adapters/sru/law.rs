//! Laws (Basiswettenbestand: text, technical facts, manifest) and local regulations (CVDR).

use super::{
    document::{Document, EXPECTED, find},
    meta::{self, Fields},
    text,
};
use crate::{
    adapters::{Page, ReadError, date, xml::Element},
    domain::record::{Body, Record, Rejection},
};

/// Most related regulations that are named; the longest recorded list has 80.
const MOST_RELATED: usize = 200;

/// A law as it stands from one day on. Its key is the id of the law, its revision that day.
///
/// # Errors
/// When it does not name its law.
pub(super) fn toestand(root: &Element) -> Result<Document, ReadError> {
    let id = root.attribute("bwb-id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ReadError::Broken("de toestand noemt geen bwb-id".into()))?;
    let day = root.attribute("inwerkingtreding").unwrap_or_default();
    let law = root.child("wetgeving").unwrap_or(root);
    let named = |name: &str| law.child(name).map(text::line).filter(|text| !text.is_empty());
    let title = named("citeertitel").or_else(|| named("intitule")).unwrap_or_else(|| id.clone());
    let kind = law.attribute("soort").unwrap_or_default();
    let since = if day.is_empty() { String::new() } else { format!("In werking vanaf {day}") };
    let parts: Vec<String> = law
        .elements()
        .filter(|child| child.name != "citeertitel")
        .map(text::of)
        .filter(|part| !part.is_empty())
        .collect();
    Ok(Document {
        record: Record {
            link: meta::public_address(&id, Some(&(day.clone(), String::new())).filter(|_| !day.is_empty())),
            published: date::parse(&day),
            body: Body::Plain(meta::sentence(&[kind, since])),
            key: id,
            revision: day,
            title,
            ..Record::default()
        },
        content: Body::Plain(parts.join("\n")),
    })
}

/// Names, abbreviations and relations of a law (`wetstechnische-informatie`).
///
/// # Errors
/// When it does not name its law.
pub(super) fn technical(root: &Element) -> Result<Document, ReadError> {
    let fields = root.child("meta").map(Fields::of).unwrap_or_default();
    let general = root.child("algemene-informatie");
    let stated =
        |name: &str| general.and_then(|general| general.child(name)).map(Element::text).filter(|text| !text.is_empty());
    let id = root.attribute("bwb-id").or_else(|| stated("identificatienummer")).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ReadError::NotThis {
        expected: EXPECTED,
        found: "wetstechnische informatie zonder bwb-id".into(),
    })?;
    let title =
        stated("citeertitel").or_else(|| fields.first(&["title"]).map(str::to_owned)).unwrap_or_else(|| id.clone());
    let changed = fields.first(&["modified"]).map(str::to_owned);
    let changed = changed.or_else(|| general.and_then(|general| general.attribute("gegenereerd"))).unwrap_or_default();
    let lead = [stated("soort-regeling"), stated("eerstverantwoordelijke")].map(Option::unwrap_or_default);
    let mut lines: Vec<String> = Vec::new();
    for (wrapper, name, word) in
        [("afkortingen", "afkorting", "Afkorting"), ("rechtsgebieden", "rechtsgebied", "Rechtsgebied")]
    {
        let all = general.and_then(|general| general.child(wrapper)).into_iter().flat_map(|all| all.named(name));
        lines.extend(all.map(|one| {
            let parts: Vec<String> = one.elements().map(Element::text).collect();
            format!("{word}: {}", if parts.is_empty() { one.text() } else { parts.join(", ") })
        }));
    }
    let based = find(root, &["grondslag-voor"]).into_iter().flat_map(Element::elements).map(Element::text);
    for related in
        based.filter(|name| !name.is_empty()).map(|name| format!("Grondslag voor: {name}")).take(MOST_RELATED)
    {
        if !lines.contains(&related) {
            lines.push(related);
        }
    }
    Ok(Document {
        record: Record {
            link: meta::public_address(&id, None),
            updated: date::parse(&changed),
            body: Body::Plain(meta::sentence(&lead)),
            key: id,
            revision: changed,
            title,
            ..Record::default()
        },
        content: Body::Plain(lines.join("\n")),
    })
}

/// Which versions of a work there are, and which were deleted: those are withdrawn.
pub(super) fn manifest(root: &Element) -> Page {
    let label = root.attribute("label").unwrap_or_default();
    let mut page = Page::default();
    for (place, expression) in root.named("expression").enumerate() {
        let version = expression.attribute("label").unwrap_or_default();
        if label.is_empty() || version.is_empty() {
            page.rejected
                .push(Rejection::new(format!("expression {}", place + 1), "geen kenmerk van werk of versie (label)"));
            continue;
        }
        page.records.push(version_of(&label, &version, expression));
    }
    if page.records.is_empty() && page.rejected.is_empty() {
        page.rejected.push(Rejection::new(format!("manifest {label}"), "er staan geen versies in (expression)"));
    }
    page
}

fn version_of(label: &str, version: &str, expression: &Element) -> Record {
    let facts = expression.child("metadata").map(Fields::of).unwrap_or_default();
    let fact = |name: &str| facts.first(&[name]).unwrap_or_default().to_owned();
    let (since, until, changed) = (fact("datuminwerkingtreding"), fact("einddatum"), fact("tijdstiplaatstewijziging"));
    let mut items = expression.named("manifestation").flat_map(|form| form.named("item")).peekable();
    let withdrawn = items.peek().is_some()
        && items.all(|item| item.attribute("_deleted").is_some_and(|is| is == "true" || is == "1"));
    let end = if until.is_empty() || until.starts_with("9999") {
        String::new()
    } else {
        format!("Geldig tot en met {until}")
    };
    let start = if since.is_empty() { String::new() } else { format!("In werking vanaf {since}") };
    let is_law = label.starts_with("BWB");
    let dated = (since.clone(), String::new());
    Record {
        key: if is_law { format!("{label}_{version}") } else { label.to_owned() },
        link: meta::public_address(label, Some(&dated).filter(|_| !since.is_empty())),
        title: format!("{label}, versie {version}"),
        published: date::parse(&since),
        updated: date::parse(&changed),
        body: Body::Plain(if withdrawn { String::new() } else { meta::sentence(&[start, end]) }),
        revision: if is_law { changed } else { version.to_owned() },
        withdrawn,
        ..Record::default()
    }
}

/// A local regulation. Its revision is the version in its identifier.
///
/// # Errors
/// When it does not name itself.
pub(super) fn regulation(root: &Element) -> Result<Document, ReadError> {
    let facts = root.child("meta").map(Fields::of).unwrap_or_default();
    let mut record = facts.record().map_err(ReadError::Broken)?;
    if let Some((_, version)) = meta::regulation(&record.key) {
        record.revision = version.to_owned();
    }
    let content = root.child("body").map(text::of).unwrap_or_default();
    let content = content.strip_prefix(&format!("{}\n", record.title)).unwrap_or(&content).to_owned();
    Ok(Document { record, content: Body::Plain(content) })
}
