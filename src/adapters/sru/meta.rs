//! Metadata by name: the leaves of `owmskern`, `owmsmantel` and `tpmeta`, the name/content pairs of metadata files and of
//! web pages. The same names mean the same in all of them (OWMS 4.0), so one reader makes a record of any.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use crate::{
    adapters::{
        date,
        xml::{Element, collapse},
    },
    domain::{
        exchange::Request,
        record::{Body, Record},
    },
};

/// What a text may be asked as.
const TEXT: &str = "application/xml, text/xml;q=0.9, text/html;q=0.5";

/// One stated fact.
#[derive(Debug, Default)]
struct Field {
    /// Local name in lower case without `_` and `-`: `preferredUrl` and `preferred_url` are one.
    name: String,
    /// `scheme` of a value, or `manifestation` of an address.
    scheme: String,
    /// `resourceIdentifier`.
    resource: String,
    text: String,
}

/// All facts of one document, in order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Field>);

impl Fields {
    /// The facts below an element.
    pub(super) fn of(element: &Element) -> Self {
        let mut fields = Self::default();
        fields.gather(element, false);
        fields
    }

    fn gather(&mut self, element: &Element, in_area: bool) {
        for child in element.elements() {
            // Addresses and coordinates are not for us; the gemeente that they lie in is.
            let area = in_area
                || child.name.eq_ignore_ascii_case("gebiedsmarkering")
                || child.attribute("name").is_some_and(|name| plain_name(&name) == "gebiedsmarkering");
            let pair = child.attribute("name").zip(child.attribute("content"));
            let (name, text) = pair.unwrap_or_else(|| (child.name.clone(), String::new()));
            let is_leaf = child.elements().next().is_none() || !text.is_empty();
            if is_leaf && (!area || plain_name(&name) == "ligtingemeente") {
                let text = if text.is_empty() { child.text() } else { text };
                let scheme = child.attribute("scheme").or_else(|| child.attribute("manifestation")).unwrap_or_default();
                let resource = child.attribute("resourceIdentifier").unwrap_or_default();
                self.push(&name, &scheme, &resource, &text);
            }
            if !is_text(&child.name) {
                self.gather(child, area);
            }
        }
    }

    /// Adds a fact; empty ones are no facts.
    pub(super) fn push(&mut self, name: &str, scheme: &str, resource: &str, text: &str) {
        let text = collapse(text);
        if !text.is_empty() {
            let name = plain_name(name);
            self.0.push(Field { name, scheme: scheme.to_owned(), resource: resource.to_owned(), text });
        }
    }

    /// The first fact under the first of these names that is stated at all.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.named(name).next()).map(|field| field.text.as_str())
    }

    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Field> {
        self.0.iter().filter(move |field| field.name == name)
    }

    /// All different facts under a name.
    fn all(&self, name: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for field in self.named(name) {
            if !all.contains(&field.text) {
                all.push(field.text.clone());
            }
        }
        all
    }

    /// The time under the first of these names that holds one.
    fn time(&self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| self.named(name).find_map(|field| date::parse(&field.text)))
    }

    /// The record that these facts tell of, with lead and abstract as its text.
    ///
    /// # Errors
    /// When it names no identifier, or neither title nor text.
    pub(super) fn record(&self) -> Result<Record, String> {
        let identifier = self.first(&["identifier"]).ok_or("geen kenmerk (identifier)")?.to_owned();
        let title = self.first(&["title", "citeertitel", "alternative"]).unwrap_or_default().to_owned();
        let body = self.body(&title);
        if title.is_empty() && body.is_empty() {
            return Err(format!("{identifier}: geen titel en geen tekst"));
        }
        let version = self.version().filter(|_| identifier.starts_with("BWB"));
        let published: &[&str] = if is_law(&identifier) {
            &["geldigheidsperiodestartdatum", "inwerkingtredingdatum", "issued", "available", "date"]
        } else {
            &["available", "date", "issued", "uitspraakdatum"]
        };
        let changed = ["datumtijdstipwijzigingexpression", "timestamp", "datumtijdstipwijzigingwork", "modified"];
        let link = self.link(&identifier, version.as_ref());
        let detail = self.text_address().map(|address| Request::new(address, TEXT));
        Ok(Record {
            revision: self.first(&changed).unwrap_or_default().to_owned(),
            published: self.time(published).or_else(|| version.as_ref().and_then(|(day, _)| date::parse(day))),
            updated: self.time(&changed),
            gemeente: self.gemeente(),
            key: version.map_or(identifier.clone(), |(day, number)| format!("{identifier}_{day}_{number}")),
            title,
            link,
            body: Body::Plain(body),
            detail,
            ..Record::default()
        })
    }

    /// Day and number of a version of a law: `.../BWBR0005537/2026-06-04/0` or `BWBR0005537_2026-06-04_0.xml`.
    fn version(&self) -> Option<(String, String)> {
        static VERSION: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"[/_](\d{4}-\d{2}-\d{2})[/_](\d{1,4})(?:[/._]|$)").ok());
        let text = self.first(&["toestand", "locatietoestand"])?;
        let found = VERSION.as_ref()?.captures(text)?;
        Some((found.get(1)?.as_str().to_owned(), found.get(2)?.as_str().to_owned()))
    }

    fn link(&self, identifier: &str, version: Option<&(String, String)>) -> Option<String> {
        let address = |text: &str| text.starts_with("http").then(|| text.to_owned());
        let stated = self.first(&["preferredurl"]).and_then(address);
        let of_item =
            || self.named("itemurl").find(|field| field.scheme == "html").and_then(|field| address(&field.text));
        let of_version = || self.named("hasversion").find_map(|field| address(&field.resource));
        stated.or_else(|| public_address(identifier, version)).or_else(of_version).or_else(of_item)
    }

    /// Where the text stands: as XML if it can be had, as a web page otherwise. An attachment is no text of ours.
    fn text_address(&self) -> Option<String> {
        let item =
            |kind: &str| self.named("itemurl").find(|field| field.scheme == kind).map(|field| field.text.clone());
        let own = || {
            self.first(&["url"]).filter(|url| url.ends_with(".xml") && !url.contains("/metadata")).map(str::to_owned)
        };
        self.first(&["locatietoestand", "publicatieurlxml"])
            .map(str::to_owned)
            .or_else(|| item("xml"))
            .or_else(own)
            .or_else(|| item("html"))
            .or_else(|| self.first(&["publicatieurlxhtml"]).map(str::to_owned))
    }

    /// Lead line, abstract and grounds.
    pub(super) fn body(&self, title: &str) -> String {
        let mut lines = vec![self.lead()];
        for name in ["abstract", "description", "inhoudsindicatie"] {
            lines.extend(self.all(name).into_iter().filter(|text| text != title));
        }
        lines.extend(self.grounds());
        let mut told: Vec<String> = Vec::new();
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            if !told.contains(&line) {
                told.push(line);
            }
        }
        told.join("\n")
    }

    fn grounds(&self) -> Vec<String> {
        self.named("source")
            .map(|field| match field.resource.as_str() {
                "" => format!("Grondslag: {}", field.text),
                resource => format!("Grondslag: {} ({resource})", field.text),
            })
            .collect()
    }

    /// Who, where it was published, and what it is: the words that later rooms find the gemeente and the kind by.
    fn lead(&self) -> String {
        let mut parts: Vec<String> = self.organisation().into_iter().collect();
        parts.extend(self.first(&["publicatienaam", "publicationname"]).map(str::to_owned));
        parts.extend(self.all("type").into_iter().filter(|kind| !kind.eq_ignore_ascii_case("officiële publicatie")));
        parts.extend(self.all("isratifiedby"));
        parts.extend(self.all("betreft"));
        if let Some(domain) = self.first(&["instantiedomein"]) {
            parts.push(domain.to_owned());
            parts.extend(self.all("subject").into_iter().map(|subject| format!("Onderwerp: {subject}")));
            parts.extend(self.all("beslissing").into_iter().map(|decision| format!("Beslissing: {decision}")));
        }
        let own = self.first(&["creator"]).unwrap_or_default().to_lowercase();
        for place in self.all("ligtingemeente") {
            if code(&place).is_none() && !own.ends_with(&place.to_lowercase()) {
                parts.push(format!("Gebied in gemeente {place}"));
            }
        }
        if let Some(day) = self.first(&["inwerkingtredingdatum", "geldigheidsperiodestartdatum"]) {
            parts.push(format!("In werking vanaf {day}"));
        }
        let end = self.first(&["uitwerkingtredingdatum", "geldigheidsperiodeeinddatum"]);
        if let Some(day) = end.filter(|day| !day.starts_with("9999")) {
            parts.push(format!("Buiten werking vanaf {day}"));
        }
        sentence(&parts)
    }

    fn organisation(&self) -> Option<String> {
        let maker = ["creator", "authority", "publisher"].iter().find_map(|name| self.named(name).next())?;
        let kind = self.first(&["organisatietype", "organisationtype"]).unwrap_or_default();
        let scheme = maker.scheme.rsplit(['.', ':', '/']).next().unwrap_or_default();
        let kind = if scheme.is_empty() { kind } else { scheme };
        Some(organisation(&maker.text, kind))
    }

    /// A code only where the document states one, never from a name.
    fn gemeente(&self) -> Option<String> {
        let codes = |name: &str| {
            let stated =
                self.named(name).filter(|field| name != "creator" || field.scheme.to_lowercase().ends_with("gemeente"));
            let mut codes: Vec<String> =
                stated.filter_map(|field| code(&field.resource).or_else(|| code(&field.text))).collect();
            codes.dedup();
            <[String; 1]>::try_from(codes).ok().map(|[code]| code)
        };
        codes("ligtingemeente").or_else(|| codes("creator"))
    }
}

/// Parts as sentences on one line: "Gemeente Zaanstad. Gemeenteblad. omgevingsvergunning."
pub(super) fn sentence(parts: &[String]) -> String {
    let mut told: Vec<&str> = Vec::new();
    for part in parts.iter().map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty()) {
        if !told.iter().any(|before| before.eq_ignore_ascii_case(part)) {
            told.push(part);
        }
    }
    if told.is_empty() { String::new() } else { format!("{}.", told.join(". ")) }
}

/// "Bergeijk" of kind "Gemeente" is "Gemeente Bergeijk"; a ministry names itself.
pub(super) fn organisation(name: &str, kind: &str) -> String {
    let kind = kind.to_lowercase();
    let named = name.to_lowercase();
    for (word, title) in [("gemeente", "Gemeente"), ("provincie", "Provincie"), ("waterschap", "Waterschap")] {
        if kind == word && !named.contains(word) && !(word == "waterschap" && named.contains("schap")) {
            return format!("{title} {name}");
        }
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Where a person reads it, by the form of the identifier.
pub(super) fn public_address(identifier: &str, version: Option<&(String, String)>) -> Option<String> {
    static PUBLICATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:gmb|stcrt|stb|prb|wsb|bgr|trb|kst|ah|h|kv|blg|nds|ag|vhg)-[0-9A-Za-z.-]+$").ok()
    });
    if identifier.starts_with("BWB") {
        return Some(version.map_or_else(
            || format!("https://wetten.overheid.nl/{identifier}"),
            |(day, _)| format!("https://wetten.overheid.nl/{identifier}/{day}"),
        ));
    }
    if let Some((work, version)) = regulation(identifier) {
        return Some(format!("https://lokaleregelgeving.overheid.nl/CVDR{work}/{version}"));
    }
    let known = PUBLICATION.as_ref().is_some_and(|pattern| pattern.is_match(identifier));
    known.then(|| format!("https://zoek.officielebekendmakingen.nl/{identifier}.html"))
}

/// Number and version of a local regulation: `CVDR680781_1`, or `112779_1` in older files.
pub(super) fn regulation(identifier: &str) -> Option<(&str, &str)> {
    let (work, version) = identifier.trim_start_matches("CVDR").split_once('_')?;
    let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.chars().all(|c| c.is_ascii_digit());
    (digits(work) && digits(version)).then_some((work, version))
}

fn is_law(identifier: &str) -> bool {
    identifier.starts_with("BWB") || identifier.starts_with("CVDR") || regulation(identifier).is_some()
}

/// `GM0479`, `gm0479` or `.../id/gemeente/gm0479` as the code of the CBS.
fn code(text: &str) -> Option<String> {
    static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)(?:^|/)gm(\d{4})$").ok());
    let found = CODE.as_ref()?.captures(text.trim())?;
    Some(format!("GM{}", found.get(1)?.as_str()))
}

/// Parts of a document that hold its text and no facts about it.
fn is_text(name: &str) -> bool {
    matches!(name, "body" | "regeling" | "uitspraaktekst" | "uitspraak" | "tekst")
}

/// `dcterms.modified`, `DC.title` and `preferred_url` without prefix and marks, in lower case.
fn plain_name(name: &str) -> String {
    let name = name.rsplit(['.', ':']).next().unwrap_or_default();
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
