//! The building blocks of the fictional archive, compiled in.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

static TEXTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/demo/texts");

/// Building blocks of one theme.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Theme {
    titles: Vec<String>,
    openings: Vec<String>,
    middles: Vec<String>,
    endings: Vec<String>,
}

/// The press release and the tails that sites hang on it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PressRelease {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) tails: Vec<String>,
}

/// Fictional judgments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judgments {
    /// The three that point at one gap.
    pub(super) uitspraak: Vec<Judgment>,
    /// Ordinary ones.
    pub(super) gewoon: Vec<Judgment>,
}

/// One fictional judgment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judgment {
    pub(super) court: String,
    pub(super) ecli_court: String,
    pub(super) gemeente: String,
    pub(super) zaaknummer: String,
    pub(super) inhoudsindicatie: String,
    pub(super) procesverloop: Vec<String>,
    pub(super) overwegingen: Vec<String>,
    pub(super) beslissing: Vec<String>,
}

/// Everything that the generator draws from.
pub(super) struct Texts {
    themes: BTreeMap<String, Theme>,
    pub(super) press_release: PressRelease,
    pub(super) judgments: Judgments,
}

impl Texts {
    /// Reads the compiled-in texts.
    #[expect(clippy::expect_used, reason = "the texts are compiled in, and a test reads them all")]
    pub(super) fn load() -> Self {
        fn plot<T: for<'de> Deserialize<'de>>(name: &str) -> T {
            let file = TEXTS.get_file(format!("plot/{name}.toml")).and_then(|file| file.contents_utf8());
            toml::from_str(file.expect("compiled in")).expect("a text file of the right form")
        }
        let mut themes: BTreeMap<String, Theme> = TEXTS
            .files()
            .filter_map(|file| Some((file.path().file_stem()?.to_string_lossy().into_owned(), file.contents_utf8()?)))
            .map(|(name, text)| (name, toml::from_str(text).expect("a theme of the right form")))
            .collect();
        themes.insert("plot".into(), plot("explosies"));
        Self { themes, press_release: plot("persbericht"), judgments: plot("uitspraken") }
    }

    /// A title and text of a theme, made of pieces drawn at random, about a place.
    pub(super) fn item(&self, theme: &str, place: &str, random: &mut ChaCha8Rng) -> (String, String) {
        let Some(theme) = self.themes.get(theme) else { return (String::new(), String::new()) };
        let slots = Slots::draw(place, random);
        let pick = |list: &[String], random: &mut ChaCha8Rng| list.choose(random).cloned().unwrap_or_default();
        let title = slots.fill(&pick(&theme.titles, random));
        let count = random.gen_range(2..=3);
        let mut pieces = vec![pick(&theme.openings, random)];
        pieces.extend(theme.middles.choose_multiple(random, count).cloned());
        pieces.push(pick(&theme.endings, random));
        let text = pieces.iter().map(|piece| slots.fill(piece)).collect::<Vec<_>>().join(" ");
        (title, text)
    }
}

const STREETS: [&str; 24] = [
    "Dorpsstraat",
    "Kanaalkade",
    "Molenweg",
    "Havenweg",
    "Stationsplein",
    "Nieuwe Gracht",
    "Ringdijk",
    "Beukenlaan",
    "Marktstraat",
    "Industrieweg",
    "Zeedijk",
    "Kerkplein",
    "Wilhelminalaan",
    "Tulpstraat",
    "Noorderweg",
    "Zuiderkade",
    "Lindelaan",
    "Hoofdweg",
    "Koggeschip",
    "Weverstraat",
    "Duinweg",
    "Parallelweg",
    "Bloemendaalstraat",
    "Oosterhout",
];
const DISTRICTS: [&str; 12] = [
    "Noord",
    "de Binnenstad",
    "Overwhere",
    "Zuidoost",
    "de Bloemenbuurt",
    "Oosterpolder",
    "het Havenkwartier",
    "De Mare",
    "de Vogelwijk",
    "West",
    "Kogerveld",
    "de Schrijversbuurt",
];
const DAYS: [&str; 7] = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"];
const FIRMS: [&str; 10] = [
    "autobedrijf",
    "kapsalon",
    "loods",
    "belwinkel",
    "restaurant",
    "bouwmarkt",
    "sportschool",
    "garagebox",
    "kantoorpand",
    "bakkerij",
];

/// Values for the slots of one item.
struct Slots(Vec<(&'static str, String)>);

impl Slots {
    fn draw(place: &str, random: &mut ChaCha8Rng) -> Self {
        let mut pick = |list: &[&str]| list.choose(random).map(|word| (*word).to_owned()).unwrap_or_default();
        let (street, day, district, firm, month) =
            (pick(&STREETS), pick(&DAYS), pick(&DISTRICTS), pick(&FIRMS), pick(&crate::report::words::MONTHS));
        let thousands = random.gen_range(2..900);
        Self(vec![
            ("{plaats}", place.to_owned()),
            ("{straat}", street),
            ("{dag}", day),
            ("{wijk}", district),
            ("{bedrijf}", firm),
            ("{maand}", month),
            ("{getal}", random.gen_range(3..60).to_string()),
            ("{groot}", crate::report::words::whole(random.gen_range(100..9_000))),
            ("{bedrag}", format!("{thousands}.{:03} euro", random.gen_range(0..10) * 100)),
            ("{leeftijd}", random.gen_range(18..67).to_string()),
        ])
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (slot, value)| text.replace(slot, value))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_text_is_of_the_right_form_and_no_slot_stays_open() {
        let texts = Texts::load();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        assert!(texts.themes.len() >= 34);
        for theme in texts.themes.keys() {
            for _ in 0..50 {
                let (title, text) = texts.item(theme, "Zaandam", &mut random);
                assert!(!title.contains('{') && !text.contains('{') && text.len() > 80, "{theme}: {title} {text}");
            }
        }
        assert_eq!((texts.judgments.uitspraak.len(), texts.press_release.tails.len()), (3, 12));
    }
}
