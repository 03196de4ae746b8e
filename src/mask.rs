//! Minimisation at the door: direct identifiers of persons are masked before a text is kept. What was masked is counted by
//! kind; what it was is not kept anywhere. (GDPR art. 5(1)(c); BSN: the eleven test of the Besluit BSN; IBAN: ISO 13616,
//! mod 97 of ISO 7064; number plates: sidecodes of the RDW.)

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What can be masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Citizen service number.
    Bsn,
    /// Bank account.
    Iban,
    /// Telephone number, not those of services (0800, 0900, 14 0xx, 112).
    Phone,
    /// E-mail address.
    Email,
    /// Number plate.
    Plate,
    /// House address: street with number, and postcode.
    Address,
    /// Date of birth.
    Birth,
}

impl Kind {
    /// The word that stands in the text instead, and in the count.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bsn => "bsn",
            Self::Iban => "rekeningnummer",
            Self::Phone => "telefoonnummer",
            Self::Email => "e-mailadres",
            Self::Plate => "kenteken",
            Self::Address => "adres",
            Self::Birth => "geboortedatum",
        }
    }
}

/// Most characters between the word "BSN" and its number.
const BSN_REACH: usize = 40;

/// The order counts: an account holds digits that look like a telephone number, a date of birth ones that look like a BSN.
static RULES: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    const DATE: &str = r"(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)?\d{2}|\d{1,2} (?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december) (?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})";
    // Only endings that no name of a town has; with a postcode behind it any name will do (the next rule).
    let street =
        r"(?:straat|laan|weg|plein|gracht|kade|dijk|singel|steeg|plantsoen|dreef|straatje|weggetje|pad|str\.|ln\.)";
    let rules = [
        (Kind::Email, r"(?i)\b[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}\b".to_owned()),
        (Kind::Iban, r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b".to_owned()),
        (
            Kind::Birth,
            format!(r"(?i)\b(?P<keep>(?:geboren|geboortedatum|geb\.?)(?: (?:te|in) [\p{{L}}' -]{{2,40}}?)?[ :,]*(?:(?:op|is|dag) )?){DATE}"),
        ),
        (
            Kind::Bsn,
            format!(r"(?i)\b(?P<keep>(?:bsn|burgerservicenummer|sofi-?nummer|persoonsnummer)\D{{0,{BSN_REACH}}})(?P<number>\d{{2,4}}[. ]?\d{{2,3}}[. ]?\d{{2,3}})\b"),
        ),
        (
            Kind::Phone,
            r"(?:\+31|\b0031)[ -]?(?:\(0\)[ -]?)?[1-9](?:[ -]?\d){8}\b|\b06[ -]{0,3}[1-9](?:[ -]?\d){7}\b|\b0[1-57]\d[ -]{1,3}\d(?:[ -]?\d){6}\b|\b0[1-57]\d{2}[ -]{1,3}\d(?:[ -]?\d){5}\b|\(0[1-57]\d{1,2}\)[ -]?\d(?:[ -]?\d){5,6}\b|\b08[58][ -]{0,3}\d(?:[ -]?\d){6}\b|\b0[1-57]\d{8}\b".to_owned(),
        ),
        (
            Kind::Plate,
            r"\b(?:[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|[A-Z]{2}-\d{2}-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|[A-Z]{3}-\d{2}-[A-Z]|[A-Z]-\d{2}-[A-Z]{3}|\d-[A-Z]{2}-\d{3}|\d{3}-[A-Z]{2}-\d)\b".to_owned(),
        ),
        (
            Kind::Address,
            format!(
                r"\b(?:(?:\p{{Lu}}[\p{{L}}'.-]*[ -](?:(?:van|de|der|den|het|ten|ter|te|'t)[ -])*){{0,2}}\p{{Lu}}\p{{L}}*{street}|(?:Laan|Plein|Weg|Hof|Singel|Kade|Dijk) (?:van|der|den|de|het|ter)(?: (?:de|den|der|het))?(?: \p{{Lu}}[\p{{L}}-]+){{1,2}}) (?:nr\.? ?|nummer )?\d{{1,5}}(?: ?[a-zA-Z]\b)?(?:[-/ ](?:\d{{1,4}}|[IVX]{{1,4}}|hs|huis|bis)\b)?(?:,? (?:te )?[1-9]\d{{3}} ?[A-Z]{{2}}\b)?"
            ),
        ),
        (
            Kind::Address,
            r"\b(?:\p{Lu}[\p{L}'.-]+ ){1,4}\d{1,5}[a-zA-Z]?(?:-\d{1,4})?,? [1-9]\d{3} ?[A-Z]{2}\b".to_owned(),
        ),
        (Kind::Address, r"\b[1-9]\d{3} ?(?:[A-EGHJ-NPRTVWXZ][A-EGHJ-NPRSTVWXZ])\b".to_owned()),
    ];
    rules.into_iter().filter_map(|(kind, pattern)| Some((kind, Regex::new(&pattern).ok()?))).collect()
});

/// Masks a text in place of which nothing of a person is left; adds what was masked to `counts`.
#[must_use]
pub fn mask(text: &str, counts: &mut Counts) -> String {
    let mut masked = text.to_owned();
    if !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') {
        return masked;
    }
    for (kind, pattern) in RULES.iter() {
        if !pattern.is_match(&masked) {
            continue;
        }
        let replaced = pattern.replace_all(&masked, |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |whole| whole.as_str());
            if !holds(*kind, whole, found) {
                return whole.to_owned();
            }
            counts.add(*kind);
            let keep = found.name("keep").map_or("", |keep| keep.as_str());
            format!("{keep}[{}]", kind.name())
        });
        masked = replaced.into_owned();
    }
    masked
}

/// The proof behind the form, for kinds that have one.
fn holds(kind: Kind, whole: &str, found: &Captures<'_>) -> bool {
    match kind {
        Kind::Bsn => found.name("number").is_some_and(|number| is_bsn(number.as_str())),
        Kind::Iban => is_iban(whole),
        // Codes in capitals: "2024 NL", "1993 EG" are years of rules, not postcodes; "Moerdijk 2024" is a town in a year.
        Kind::Address => !is_year_with_code(whole) && !ends_in_year(whole),
        Kind::Phone | Kind::Email | Kind::Plate | Kind::Birth => true,
    }
}

fn is_year_with_code(text: &str) -> bool {
    let (year, code) = text.split_at_checked(4).unwrap_or((text, ""));
    matches!(year.parse::<u32>(), Ok(1900..=2099))
        && matches!(code.trim(), "EG" | "EU" | "NL" | "BV" | "NV" | "EN" | "TE" | "WW" | "AV")
}

fn ends_in_year(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or_default();
    last.len() == 4 && matches!(last.parse::<u32>(), Ok(1900..=2099))
}

/// The eleven test: 9·a + 8·b + ... + 2·h − i is a multiple of eleven.
fn is_bsn(text: &str) -> bool {
    let mut digits: Vec<i32> = text.chars().filter_map(|c| c.to_digit(10)?.try_into().ok()).collect();
    if digits.len() == 8 {
        digits.insert(0, 0);
    }
    if digits.len() != 9 || digits.iter().all(|digit| *digit == 0) {
        return false;
    }
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<i32>() % 11 == 0
}

/// ISO 7064 mod 97-10 over the account with its first four characters moved to the end.
fn is_iban(text: &str) -> bool {
    let compact: Vec<u32> = text.chars().filter(|c| !c.is_whitespace()).filter_map(|c| c.to_digit(36)).collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let (head, tail) = compact.split_at(4);
    tail.iter().chain(head).fold(0, |rest, value| (if *value > 9 { rest * 100 } else { rest * 10 } + value) % 97) == 1
}

/// How often each kind was masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<(Kind, u32)>);

impl Counts {
    fn add(&mut self, kind: Kind) {
        match self.0.iter_mut().find(|(own, _)| *own == kind) {
            Some((_, count)) => *count += 1,
            None => self.0.push((kind, 1)),
        }
    }

    /// In words: "adres 2, telefoonnummer 1"; empty when nothing was masked.
    #[must_use]
    pub fn words(&self) -> String {
        let mut counts = self.0.clone();
        counts.sort_unstable();
        counts.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> (String, String) {
        let mut counts = Counts::default();
        (mask(text, &mut counts), counts.words())
    }

    #[test]
    fn direct_identifiers_go() {
        for (text, expected) in [
            ("Zijn BSN is 111222333.", "Zijn BSN is [bsn]."),
            ("burgerservicenummer: 1112.22.333", "burgerservicenummer: [bsn]"),
            ("op rekening NL91 ABNA 0417 1643 00 gestort", "op rekening [rekeningnummer] gestort"),
            ("IBAN NL91ABNA0417164300", "IBAN [rekeningnummer]"),
            ("bel 06-12345678 of 06 12 34 56 78", "bel [telefoonnummer] of [telefoonnummer]"),
            ("tel. 020 - 123 45 67", "tel. [telefoonnummer]"),
            ("bereikbaar op +31 6 12345678", "bereikbaar op [telefoonnummer]"),
            ("telefoon (075) 123 45 67", "telefoon [telefoonnummer]"),
            ("tel 0229-123456", "tel [telefoonnummer]"),
            ("mail naar voor.naam@voorbeeld.nl.", "mail naar [e-mailadres]."),
            ("in een auto met kenteken 12-ABC-3", "in een auto met kenteken [kenteken]"),
            ("kenteken G-123-BB", "kenteken [kenteken]"),
            ("Ingekomen melding, Frater Romboutsstraat 42 5571KZ Bergeijk", "Ingekomen melding, [adres] Bergeijk"),
            ("een woning aan de Prinses Beatrixlaan 12a in Zaandam", "een woning aan de [adres] in Zaandam"),
            ("Laan van Meerdervoort 500, Den Haag", "[adres], Den Haag"),
            ("de man, geboren op 3 maart 1985 te Hoorn", "de man, geboren op [geboortedatum] te Hoorn"),
            ("(geb. 12-03-1980)", "(geb. [geboortedatum])"),
            ("geboren te Alkmaar op 12 mei 1990", "geboren te Alkmaar op [geboortedatum]"),
            ("postcode 1506 AB", "postcode [adres]"),
        ] {
            assert_eq!(masked(text).0, expected);
        }
        assert_eq!(masked("Dorpsstraat 1, bel 06-12345678").1, "telefoonnummer 1, adres 1");
    }

    #[test]
    fn what_is_no_identifier_stays() {
        for text in [
            "artikel 13b Opiumwet, zaaknummer AMS 20/1234 en 15-123456-22",
            "ECLI:NL:RBNHO:2024:1234 van 12 maart 2024",
            "De politie is bereikbaar op 0900-8844, meld misdaad anoniem op 0800-7000.",
            "Op 01-02-2024 vond de controle plaats; 1.250 kilo cocaine, 123456789 euro.",
            "BSN 123456789",
            "De rekening NL00 ABNA 0000 0000 00 bestaat niet",
            "Richtlijn 1993 EG en de begroting van 2024 EN verder",
            "gemeenteblad 2024, 174296; BWBR0001941; artikel 174a van de Gemeentewet",
            "Hij reed 120 op de A9 en later op de N203.",
            "KvK-nummer 12345678 en SBI 10110",
            "In Amsterdam 3 en Zaandam 12 panden, in Moerdijk 2024 meer, in series 3 en op de A9 5 keer",
            "De sluiting van zes maanden aan de Dorpsstraat",
        ] {
            assert_eq!(masked(text), (text.to_owned(), String::new()));
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        let text = "Dorpsstraat 12, 1506 AB Zaandam, bel 06-12345678, BSN 111222333";
        let once = masked(text).0;
        assert_eq!(masked(&once), (once.clone(), String::new()));
    }
}
