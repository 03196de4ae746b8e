//! Which language a text is in. Short texts and near relatives of Dutch fall back on the source's own language.

use whatlang::Lang;

/// Shortest text that is judged at all, in characters.
const SHORTEST: usize = 40;

/// ISO 639-1 code of the language of a title and text, or `default` when they are too short or too doubtful.
#[must_use]
pub fn of(title: &str, text: &str, default: &str) -> String {
    let sample: String = title.chars().chain(" ".chars()).chain(text.chars()).take(2_000).collect();
    if sample.chars().count() < SHORTEST {
        return default.to_owned();
    }
    let Some(found) = whatlang::detect(&sample) else { return default.to_owned() };
    let code = match found.lang() {
        // Afrikaans is what whatlang often makes of Dutch; no Dutch source publishes it.
        Lang::Nld | Lang::Afr => "nl",
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Pol => "pl",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Ara => "ar",
        _ => "xx",
    };
    let sure = found.is_reliable() || found.confidence() > 0.6;
    if sure && code != "xx" { code.to_owned() } else { default.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn long_texts_are_told_apart_and_short_ones_follow_the_source() {
        let dutch = "De burgemeester heeft een pand gesloten nadat de politie er een grote partij drugs had gevonden.";
        let english = "The mayor has closed a building after the police found a large amount of drugs in the basement.";
        assert_eq!(of("", dutch, "en"), "nl");
        assert_eq!(of("", english, "nl"), "en");
        assert_eq!(of("Brand", "", "nl"), "nl");
    }
}
