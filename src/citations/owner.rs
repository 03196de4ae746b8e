//! What stands behind an expression of articles: a law, a word for a law ("die wet"), or something that is no law at all
//! ("van de overeenkomst").

use regex::Regex;

use super::{CitationError, fold::Folded, laws::Class, names::Mention, pattern};

/// To whom a group of articles belongs, by the words behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The mention at this place of the list.
    Mention(usize),
    /// A word for a law named or defined before, with its end; the flag says that it has a capital.
    Word { class: Class, end: usize, is_capital: bool, is_pointer: bool },
    /// A rule that is not in the table.
    Unknown { name: String, end: usize },
    /// A law that is named by its date only: "de Wet van 12 juni 2018". Gives the end of its class word.
    Dated { class: Class, end: usize },
    /// No law.
    Foreign,
    /// The words behind say nothing.
    Silent,
}

pub(super) struct Owners {
    lead: Regex,
    part: Regex,
    class: Regex,
    unknown: Regex,
    named: Regex,
    dated: Regex,
    /// "de Wet neergelegde regeling": the short name and the sentence going on.
    spoken: Regex,
    idiom: Regex,
    capital: Regex,
}

impl Owners {
    pub(super) fn new() -> Result<Self, CitationError> {
        let adjective = r"(?:(?:toenmalige|voormalige|oude|nieuwe|huidige|(?:hier)?voor(?:noemde|melde)|voornoemd|voormeld|
            genoemde|bovengenoemde|bovenvermelde|laatstgenoemde|laatstbedoelde|evengenoemde|eerdergenoemde|gemelde|
            desbetreffende|betreffende|betrokken|toepasselijke|vigerende|nederlandse|bijbehorende|gewijzigde|onderhavige|
            destijds\sgeldende|toen\sgeldende|thans\sgeldende|inmiddels\svervallen|\(oude\)|\(nieuwe\)|zogenoemde|bedoelde|
            aangehaalde|genoemd|ingetrokken|onderliggende|aldaar\sgenoemde)\s)*";
        Ok(Self {
            lead: pattern(&format!(
                r"^(?:,\s|\s?\(|,|\s)?(van\s|der\s|des\s|uit\s|in\s|onder\s)?((?:de|het|dat|die|deze|dit|zijn|haar|hun|een|die)\s)?{adjective}[\x22']?"
            ))?,
            part: pattern(
                r"^(?:hoofdstuk|titel|afdeling|paragraaf|bijlage|deel|onderdeel|§)\s[\w.:]{1,12},?\s(?:van|bij|behorende\sbij|uit|der)\s(?:de\s|het\s)?",
            )?,
            class: pattern(
                r"^(wetboek|wet|besluit|regeling|verordening|verdrag|richtlijn|reglement|beschikking)(?:\b)",
            )?,
            unknown: pattern(
                r"^(?:[A-Z][\p{L}&/-]*(?:wet|wetboek|besluit|regeling|reglement|verordening|beschikking|voorschriften|voorschrift|
                circulaire|richtlijnen|beleidsregels?)(?:(?:\x20[\p{Ll}-]{3,}){0,5}\x20(?:19|20)\d\d)?|(?:Wet|Besluit|Regeling|Verordening|Reglement|Beschikking|Beleidsregels?|
                Circulaire|Rijkswet|Algemene\swet|Tijdelijke\swet|Nadere\s[Rr]egeling|Nadere\s[Rr]egels?|Kaderwet)
                \x20(?:op|inzake|van|voor|tot|houdende|betreffende|ter|[\p{L}-]{5,})(?:\x20(?:de|het|en|van|in|op|voor|met|tot|ten|ter|
                inzake|door|aan|bij|der|een|of|[\p{L}'-]{3,})){0,9})(?:\s(?:19|20)\d\d)?\b",
            )?,
            spoken: pattern(
                r"^\p{Lu}\p{Ll}+\s(?:[a-z]{0,5}ge[a-z]{2,}(?:de|te)|[a-z]{0,4}be[a-z]{2,}de|ver[a-z]{2,}(?:de|te)|[a-z]*(?:gesteld|gelegd|bepaald|genoemd|
                bedoeld|vervat|voorzien|vermeld|opgenomen|gegeven)|voorziene|opgenomen|maximaal|stelt|heeft|hebben|wordt|worden|voorziet|bepaalt|verzet|
                luidt|luidde|geeft|niet|voor\szover|evenzeer|eveneens|alsmede|kunnen|staat|vloeit|volgt|biedt|dient|moeten?)\b",
            )?,
            dated: pattern(r"^\svan\s\d{1,2}\s[a-z]{3,9}\s\d{4}")?,
            named: pattern(
                r"^\p{Lu}\p{Ll}+\s(?:op\s(?:de|het)|inzake|houdende|betreffende|ter\s(?:voorkoming|bescherming|bevordering)|tot\s(?:wijziging|regeling))\b",
            )?,
            idiom: pattern(
                r"^(?:,\s|\s)van\s(?:toepassing|rechtswege|overeenkomstige|belang|kracht|oordeel|mening|betekenis|geval|de\s(?:zijde|kant)|deze\szaak|die\sstrekking)\b",
            )?,
            capital: pattern(
                r"^,\s[A-Z]{2,6}\s(?:19|20)\d\d\b|^\s(?:de\s)?(?:[A-Z][\p{L}.&-]*[A-Z][\p{L}.]*|(?:Wet|Besluit|Regeling|Wetboek|Verordening|Bijlage)\s[A-Z][\p{L}]*)(?:\s(?:19|20)\d\d)?\b",
            )?,
        })
    }

    /// The owner of a group that ends at a byte. `mentions` are in order.
    pub(super) fn find(&self, folded: &Folded, at: usize, mentions: &[Mention]) -> Owner {
        let rest = folded.lower_from(at);
        let Some(lead) = self.lead.captures(rest) else { return Owner::Silent };
        let mut place = at + lead.get(0).map_or(0, |all| all.end());
        for _ in 0..3 {
            if let Some(index) = starting(mentions, place) {
                return Owner::Mention(index);
            }
            let Some(part) = self.part.find(folded.lower_from(place)) else { break };
            place += part.end();
        }
        if self.idiom.is_match(rest) {
            return Owner::Silent;
        }
        let preposition = lead.get(1).map_or("", |word| word.as_str().trim());
        let article = lead.get(2).map_or("", |word| word.as_str().trim());
        let is_led = !preposition.is_empty() || !article.is_empty();
        let class = self.class.captures(folded.lower_from(place)).and_then(|found| found.get(1)).filter(|_| is_led);
        let class = class.and_then(|word| Some((Class::of_word(word.as_str())?, place + word.end())));
        if let Some((class, end)) = class
            && self.dated.is_match(folded.lower_from(end))
        {
            return Owner::Dated { class, end };
        }
        let behind = folded.plain_from(place);
        // Without "van" the capital may open a new sentence part: "artikel 3 Besluiten van ...".
        let is_near = !preposition.is_empty() || place == at + 1;
        let is_spoken = class.is_some() && self.spoken.is_match(behind);
        if let Some(name) =
            self.unknown.find(behind).filter(|_| is_near && !is_spoken).map(|found| proper(found.as_str()))
        {
            return Owner::Unknown { name: name.to_owned(), end: place + name.len() };
        }
        if let Some((class, end)) = class {
            // "dit besluit" in a quotation is the quoted one, which the reader cannot know.
            if class == Class::Besluit && article == "dit" {
                return Owner::Foreign;
            }
            let words = lead.get(0).map_or("", |all| all.as_str());
            let is_pointer = matches!(article, "die" | "dat" | "deze" | "dit")
                || words.contains("noemde")
                || words.contains("melde");
            return Owner::Word { class, end, is_capital: behind.starts_with(char::is_uppercase), is_pointer };
        }
        if matches!(preposition, "van" | "der" | "des" | "uit") || self.capital.is_match(folded.plain_from(at)) {
            return Owner::Foreign;
        }
        Owner::Silent
    }

    /// True when "Wet" or "Besluit" at the start of a text begins a name of its own ("Wet op de ...") and is not the whole.
    pub(super) fn begins_name(&self, text: &str) -> bool {
        self.named.is_match(text)
    }
}

const SMALL: [&str; 20] = [
    "van", "de", "het", "en", "in", "op", "voor", "met", "tot", "ten", "ter", "door", "aan", "bij", "der", "een", "of",
    "is", "was", "zijn",
];

/// A name without the small words at its end: "Wet van" of "de Wet van 12 juni 2018".
fn proper(name: &str) -> &str {
    let mut name = name.trim_end();
    while let Some((front, last)) = name.rsplit_once([' ', '\n']) {
        if !SMALL.contains(&last) {
            break;
        }
        name = front;
    }
    name
}

/// The mention that begins at a byte.
pub(super) fn starting(mentions: &[Mention], at: usize) -> Option<usize> {
    mentions.binary_search_by_key(&at, |mention| mention.start).ok()
}
