//! Citations that follow a pattern of their own: LJN's, papers of parliament, gazettes, law journals, and acts of the
//! European Union by number.

use regex::Regex;

use super::{
    CitationError, Found,
    fold::Folded,
    names::{Mention, Target},
    pattern,
};

pub(super) struct Others {
    ljn: Regex,
    more_ljn: Regex,
    court: Regex,
    papers: Vec<(Regex, &'static str)>,
    acts: Regex,
}

const MONTH: &str = "(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december)";

impl Others {
    pub(super) fn new() -> Result<Self, CitationError> {
        let fill = r"(?:[,\s(]|-\s|i{1,2}\b|i/ii\b|tweede\skamer|eerste\skamer|der\sstaten-generaal|vergaderjaar|zitting(?:sjaar)?\b|
            handelingen|\(?t\.?k\.?\b\)?|\(?e\.?k\.?\b\)?|stuk(?:ken)?\b|nr\.|nummer|dossier)";
        let session = r"(?:19|20)\d\d\s?[-/]\s?(?:(?:19|20)\d\d|\d\d)";
        let pages = r"(?:,?\s(?:nrs?\.?|no\.?|nos\.?)\s?[a-z\d]{1,4}\b(?:(?:\s?-\s?|,\s|\sen\s)\d{1,4}\b)*(?:\sherdruk)?)?(?:,?\s(?:p|blz|pag|pagina|pp)\.?\s?\d{1,4}(?:(?:\s?-\s?|,\s|\sen\s)\d{1,4}\b)*)?";
        let dossier = r"\d{2}[\s.]?\d{3}(?:\s?\(r\s?\d{3,4}\)|-[ivxlc]{1,6}\b|\s[ivx]{1,5}\b)?";
        Ok(Self {
            ljn: pattern(
                r"(?i)\bLJN(?:-?(?:nummer|nr\.?))?\s?[:.]?\s?(?:nrs?\.?\s?|nummer\s|ECLI:NL:[A-Z]+:\d{4}:)?([A-Z]{2}\s?\d{4})\b",
            )?,
            more_ljn: pattern(r"^(?:,\s|\sen\s|,\sen\s)(?:LJN\s)?([A-Z]{2}\d{4})\b")?,
            court: pattern(&format!(
                r"\b(hr|hoge\sraad|abrvs|abrs|abrrvs|crvb|centrale\sraad\svan\sberoep|cbb|college\svan\sberoep\svoor\shet\sbedrijfsleven),?\s
                (?:van\s)?\d{{1,2}}\s{MONTH}\s((?:19|20)\d\d),?\s?(?:\(|zaaknr\.?\s[\w./-]{{3,20}},?\s|nr\.?\s[\w./-]{{3,20}},?\s)?\(?$"
            ))?,
            papers: vec![
                (
                    pattern(&format!(
                        r"\b(?:kamerstuk(?:ken)?|kst\.?){fill}{{0,8}}(?:{session}{fill}{{0,5}})?{dossier}\b{pages}"
                    ))?,
                    "kamerstuk",
                ),
                (
                    pattern(&format!(
                        r"\b(?:bijl(?:agen|age|\.)?\s(?:hand(?:elingen|\.)?)?|handelingen|hand\.|tweede\skamer|eerste\skamer|tk|ek|mvt){fill}{{0,8}}
                        {session}{fill}{{0,5}}(?:{dossier}|\d{{3,5}})\b{pages}"
                    ))?,
                    "kamerstuk",
                ),
                (pattern(r"\b(?:kst|h-tk|ah-tk|blg)-\d{4,9}(?:-[a-z\d]{1,6}){0,2}\b")?, "kamerstuk"),
                (pattern(r"\b(?:stb|stcrt|trb|gmb|prb|bgr|wsb)-(?:19|20)\d\d-\d{1,6}(?:-n\d)?\b")?, "publicatie"),
                (
                    pattern(&format!(
                        r"\b(?:stb|staatsblad|stcrt|staatscourant|trb|tractatenblad|gmb|gemeenteblad|prb|provinciaal\sblad|provincieblad|wsb|waterschapsblad)\.?,?\s
                        (?:van\s)?(?:(?:\d{{1,2}}\s{MONTH}\s)?(?:18|19|20)\d\d\s?[,/]?\s?(?:nr\.?\s?|no\.?\s?|afl\.?\s|,\s)?\d{{1,6}}[a-z]?\b|(?:nr\.?\s?|no\.?\s?)?\d{{1,4}}\b)"
                    ))?,
                    "publicatie",
                ),
                (
                    pattern(
                        r"\b(?:pb|pbeg|pbeu|publicatieblad)(?:\s?(?:eg|eu))?\.?,?\s(?:van\sde\s(?:europese\s(?:unie|gemeenschappen))\s)?
                        (?:(?:19|20)\d\d,?\s)?(?:nr\.?\s)?[lc]\s?\d{1,4}(?:/\d{1,4})?\b(?:,?\s(?:p|blz)\.?\s?\d{1,4}(?:-\d{1,4})?)?",
                    )?,
                    "publicatie",
                ),
            ],
            acts: pattern(
                r"\b(?:(?:uitvoerings|gedelegeerde\s)?(?:verordening|richtlijn|kaderbesluit|beschikking|besluit))(?:\svan\sde\s(?:raad|commissie))?
                \s(?:\((?:eu|eg|eeg|euratom|ejks|jbz)(?:,\s?euratom)?\)\s?(?:nr\.?\s?|no\.?\s?)?\d{1,4}/\d{1,4}|(?:nr\.?\s?|no\.?\s?)?\d{1,4}/\d{1,4}/(?:eg|eu|eeg|jbz|ga|gbvb|euratom)|
                nr\.?\s?\d{1,4}/\d{2,4})\b|\b(?:richtlijn|verordening)\s\d{2,4}/\d{1,4}\b",
            )?,
        })
    }

    /// All but the acts of the Union, in no order.
    pub(super) fn find(&self, folded: &Folded) -> Vec<Found> {
        let mut found = self.ljns(folded);
        for (regex, kind) in &self.papers {
            for hit in regex.find_iter(&folded.lower) {
                found.push(Found { start: hit.start(), end: hit.end(), kind, ..Found::default() });
            }
        }
        found.extend(self.journals(folded));
        found
    }

    /// Acts of the Union, which may own articles as laws do.
    pub(super) fn acts(&self, folded: &Folded) -> Vec<Mention> {
        self.acts
            .find_iter(&folded.lower)
            .map(|hit| Mention {
                start: hit.start(),
                end: hit.end(),
                target: Target::Act,
                is_short: false,
                is_defined: false,
            })
            .collect()
    }

    /// An LJN is the last part of an ECLI; court and year are certain only when they stand right before it.
    fn ljns(&self, folded: &Folded) -> Vec<Found> {
        let mut found = Vec::new();
        for hit in self.ljn.captures_iter(&folded.plain) {
            let (Some(all), Some(number)) = (hit.get(0), hit.get(1)) else { continue };
            let number: String = number.as_str().to_uppercase().split_whitespace().collect();
            let ecli = self
                .court_and_year(folded, all.start())
                .map(|(court, year)| format!("ECLI:NL:{court}:{year}:{number}"));
            found.push(Found { start: all.start(), end: all.end(), ecli, kind: "ljn", ..Found::default() });
            let mut at = all.end();
            while let Some(next) = self.more_ljn.captures(folded.plain_from(at)).and_then(|next| next.get(1)) {
                found.push(Found { start: at + next.start(), end: at + next.end(), kind: "ljn", ..Found::default() });
                at += next.end();
            }
        }
        found
    }

    fn court_and_year(&self, folded: &Folded, at: usize) -> Option<(&'static str, String)> {
        let found = self.court.captures(folded.lower_before(at, 120))?;
        let court = match found.get(1)?.as_str() {
            "hr" | "hoge raad" => "HR",
            "crvb" | "centrale raad van beroep" => "CRVB",
            "cbb" | "college van beroep voor het bedrijfsleven" => "CBB",
            _ => "RVS",
        };
        Some((court, found.get(2)?.as_str().to_owned()))
    }

    /// Journals are known by capitals: "AB 1998, 111" is one, "ab 1998" is not.
    fn journals(&self, folded: &Folded) -> Vec<Found> {
        let Some(regex) = JOURNALS.as_ref() else { return Vec::new() };
        regex
            .find_iter(&folded.plain)
            .map(|hit| Found { start: hit.start(), end: hit.end(), kind: "vindplaats", ..Found::default() })
            .collect()
    }
}

static JOURNALS: std::sync::LazyLock<Option<Regex>> = std::sync::LazyLock::new(|| {
    pattern(
        r"\b(?:NJ|NJB|NJFS|BNB|AB|RSV|JOR|JB|V-N|VN|FED|RvdW|RVDW|JAR|JIN|USZ|JV|TAR|Gst\.|BR|M\sen\sR|VR|NTFR|JABW|RAwb|AB\skort|
        JM|JG|RN|WR|KG|PJ|Prg\.|RF|ABRvS|RAV|JONDR|OR|JA|GJ|NbSr|SEW|UCB|Jur\.)\s(?:19|20)\d\d\s?[/,]\s?(?:nr\.?\s?|no\.?\s?)?\d{1,4}[a-z]?\b(?:\.\d{1,3}\b)*",
    )
    .ok()
});
