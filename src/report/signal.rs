//! A concept bestuurlijk signaal: composed from passages, each claim with its source, and with its own doubts.

use askama::Template;

use crate::domain::{
    message::{Message, Product},
    signal::{Claim, Criterion, Draft, Evidence, Support},
};

/// What a draft is made of.
#[derive(Debug, Clone)]
pub struct Material {
    /// Name of the law.
    pub law: String,
    /// Article.
    pub article: String,
    /// Ministry that can change it.
    pub ministry: String,
    /// Labels of the fenomenen in the sources, most frequent first.
    pub fenomenen: Vec<String>,
    /// The passages, oldest first, one per source document.
    pub passages: Vec<Passage>,
    /// A rise of one of the fenomenen, in words, with the source of the numbers.
    pub trend: Option<String>,
}

/// One passage that points at the gap.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Court or publisher.
    pub voice: String,
    /// Day, in words.
    pub day: String,
    /// ECLI or title.
    pub name: String,
    /// Address.
    pub link: String,
    /// The sentence, verbatim.
    pub sentence: String,
    /// Paragraph number.
    pub paragraph: String,
    /// Inhoudsindicatie or start of the text.
    pub summary: String,
    /// Day on which we read it, `yyyy-mm-dd`.
    pub read_on: String,
}

/// Makes a draft. Every claim names at least one source; what has none is a question.
#[must_use]
pub fn draft(material: &Material) -> Draft {
    let count = material.passages.len();
    let all: Vec<usize> = (1..=count).collect();
    let mut voices: Vec<String> = material.passages.iter().map(|passage| passage.voice.clone()).collect();
    voices.sort();
    voices.dedup();
    let provision = format!("artikel {} {}", material.article, material.law);
    let days = (material.passages.first(), material.passages.last());
    let period = match days {
        (Some(first), Some(last)) if first.day != last.day => format!("tussen {} en {}", first.day, last.day),
        (Some(only), _) => format!("op {}", only.day),
        _ => String::new(),
    };
    let mut sources: Vec<Evidence> = material.passages.iter().map(evidence).collect();
    let mut scale = vec![Claim {
        text: format!(
            "{count} uitspraken van {} instanties ({}) wijzen op hetzelfde punt, {period}.",
            voices.len(),
            super::words::list(&voices)
        ),
        sources: all.clone(),
    }];
    if let Some(trend) = &material.trend {
        sources.push(Evidence {
            name: "Eigen telling van Uitkijk over open bronnen".into(),
            link: String::new(),
            quote: trend.clone(),
            paragraph: String::new(),
            read_on: material.passages.last().map(|passage| passage.read_on.clone()).unwrap_or_default(),
        });
        scale.push(Claim { text: trend.clone(), sources: vec![sources.len()] });
    }
    Draft {
        title: format!("{}: mogelijke leemte volgens {count} uitspraken", super::words::capital(&provision)),
        fenomenen: material.fenomenen.clone(),
        ministry: material.ministry.clone(),
        criteria: criteria(count, voices.len()),
        summary: vec![Claim {
            text: format!(
                "In {count} uitspraken {period} wijst de rechter op een grens van {provision}. De uitspraken komen van {} instanties.",
                voices.len()
            ),
            sources: all,
        }],
        occasion: claims(material, |passage| {
            format!("{}, {}: {}", passage.voice, passage.day, super::words::excerpt(&passage.summary, 320))
        }),
        gap: claims(material, |passage| {
            let paragraph =
                if passage.paragraph.is_empty() { String::new() } else { format!(", r.o. {}", passage.paragraph) };
            format!("{}{paragraph}: \"{}\"", passage.voice, passage.sentence)
        }),
        scale,
        provision,
        unknown: texts(&UNKNOWN),
        alternatives: texts(&ALTERNATIVES),
        questions: texts(&QUESTIONS),
        sources,
    }
}

/// What the program cannot know of any gap that it finds in judgments.
const UNKNOWN: [&str; 2] = [
    "Hoe vaak dit voorkomt buiten de gepubliceerde uitspraken: rechtspraak toont alleen wat is aangevochten en gepubliceerd.",
    "Of er al een wetsvoorstel of beleidsregel is die dit punt regelt: dat is nog niet nagezocht.",
];
/// Other explanations of the same judgments.
const ALTERNATIVES: [&str; 2] = [
    "De besluiten kunnen ook zijn gestrand op de motivering in deze zaken, en niet op de wet zelf.",
    "Meer uitspraken kan ook betekenen dat bestuursorganen vaker optreden, niet dat het probleem groeit.",
];
/// What only a person can answer.
const QUESTIONS: [&str; 3] = [
    "Welke bestaande bevoegdheden zijn geprobeerd, en waarom volstaan zij niet?",
    "Welke aanbeveling is concreet, haalbaar en proportioneel?",
    "Wat pleit ertegen, en is de branche gehoord?",
];

fn texts(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn criteria(count: usize, voices: usize) -> Vec<Criterion> {
    let structural = if count >= 5 && voices >= 3 { Support::Onderbouwd } else { Support::Zwak };
    let criterion = |name: &str, support, basis: String| Criterion { name: name.into(), support, basis };
    vec![
        criterion(
            "Gebruik of misbruik van een legaal proces",
            Support::Zwak,
            format!("{count} uitspraken; het proces zelf moet een mens beschrijven"),
        ),
        criterion("Structureel, niet incidenteel", structural, format!("{count} uitspraken van {voices} instanties")),
        criterion(
            "Alleen landelijk op te lossen",
            Support::Zwak,
            "de grens ligt in de wet zelf; bestaande alternatieven zijn niet nagezocht".into(),
        ),
        criterion("Aanbevelingen", Support::Ontbreekt, "vraag aan de auteur".into()),
        criterion(
            "Opsporingsonderzoek als bron",
            Support::Ontbreekt,
            "vraag aan de auteur; een veroordeling is niet nodig".into(),
        ),
    ]
}

fn claims(material: &Material, words: impl Fn(&Passage) -> String) -> Vec<Claim> {
    let numbered = material.passages.iter().zip(1..);
    numbered.map(|(passage, number)| Claim { text: words(passage), sources: vec![number] }).collect()
}

fn evidence(passage: &Passage) -> Evidence {
    Evidence {
        name: format!("{}, {}, {}", passage.voice, passage.day, passage.name),
        link: passage.link.clone(),
        quote: passage.sentence.clone(),
        paragraph: passage.paragraph.clone(),
        read_on: passage.read_on.clone(),
    }
}

#[derive(Template)]
#[template(path = "signal.html")]
struct Html<'a> {
    draft: &'a Draft,
    number: i64,
    day: &'a str,
}

#[derive(Template)]
#[template(path = "signal.txt", escape = "none")]
struct Text<'a> {
    draft: &'a Draft,
    number: i64,
    day: &'a str,
}

/// `[1, 3]`.
pub(super) fn refs(claim: &Claim) -> String {
    let numbers: Vec<String> = claim.sources.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

/// Composes the mail for one recipient. A draft that changed is a new mail.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(
    draft: &Draft,
    number: i64,
    key: &str,
    to: &str,
    composed: jiff::Timestamp,
) -> Result<Message, askama::Error> {
    let day = super::words::date(crate::domain::week::day(composed));
    Ok(Message {
        product: Product::Signal,
        key: format!("signaal-{key}-{}", draft.sources.len()),
        to: to.to_owned(),
        subject: format!("CONCEPT {number}: mogelijk bestuurlijk signaal over {}", draft.provision),
        text: Text { draft, number, day: &day }.render()?,
        html: Html { draft, number, day: &day }.render()?,
        images: Vec::new(),
        composed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_claim_of_a_draft_is_without_a_source() {
        let passage = |voice: &str| Passage {
            voice: voice.into(),
            day: "1 juni 2026".into(),
            name: "ECLI:NL:RBNHO:2026:9001".into(),
            link: "https://voorbeeld.nl".into(),
            sentence: "De wet biedt hier geen bevoegdheid.".into(),
            paragraph: "7".into(),
            summary: "Sluiting.".into(),
            read_on: "2026-06-02".into(),
        };
        let material = Material {
            law: "Opiumwet".into(),
            article: "13b".into(),
            ministry: "VWS".into(),
            fenomenen: vec!["Drugshandel".into()],
            passages: vec![passage("Rechtbank A"), passage("Rechtbank B"), passage("Rechtbank B")],
            trend: Some("Gezien 9, verwacht 2,4.".into()),
        };
        let draft = draft(&material);
        let claims = [&draft.summary, &draft.occasion, &draft.gap, &draft.scale];
        assert!(claims.iter().all(|part| !part.is_empty()));
        for claim in claims.into_iter().flatten() {
            assert!(!claim.sources.is_empty(), "{}", claim.text);
            assert!(claim.sources.iter().all(|number| (1..=draft.sources.len()).contains(number)), "{}", claim.text);
        }
        let mail = compose(&draft, 1, "x", "a@voorbeeld.nl", jiff::Timestamp::UNIX_EPOCH).expect("composes");
        assert!(mail.html.matches("CONCEPT").count() >= 2 && mail.text.contains("CONCEPT"));
    }
}
