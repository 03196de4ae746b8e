//! A source file as a person would write it, with the comments that help to finish it.

use toml::Value;

/// What is known of a source that is being added.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Name for readers.
    pub title: String,
    /// Kind of adapter.
    pub kind: String,
    /// Address.
    pub url: String,
    /// The day on which it answered, or "unchecked".
    pub checked: String,
    /// Its host is on a closed network.
    pub private: bool,
}

impl Draft {
    /// The file. What only a person can know is marked `vul in`; the source stays off until somebody turns it on.
    #[must_use]
    pub fn toml(&self) -> String {
        let text = |value: &str| Value::String(value.to_owned()).to_string();
        let address = match self.kind.as_str() {
            "judgments" | "sru" => "endpoint",
            _ => "url",
        };
        let mut file = format!(
            "# Vul in: wat deze bron is, en hoe zeker het adres is.\n\
             title = {}\n\
             owner = \"vul in\"            # wie geeft dit uit?\n\
             licence = \"vul in\"          # voorwaarden voor hergebruik, in woorden\n\
             personal-data = \"vul in\"    # laag, midden, hoog of zeer hoog, en waarom\n\
             checked = {}\n\
             every = \"1h\"                # gewone tijd tussen twee keer lezen\n\
             language = \"nl\"\n\
             enabled = false             # zet op true als het bovenstaande klopt\n",
            text(&self.title),
            text(&self.checked),
        );
        if self.private {
            file.push_str("private = true              # ligt op een eigen netwerk\n");
        }
        if self.kind == "feed" {
            file.push_str("# full-text = true          # lees ook het artikel achter elke link; de tekst blijft zo lang als retention\n");
        }
        file.push_str(&format!("\n[adapter]\nkind = {}\n{address} = {}\n", text(&self.kind), text(&self.url)));
        match self.kind.as_str() {
            "page" => file.push_str(
                "# item = \"article\"         # vul in: welk element is een bericht in de lijst? (CSS-selector)\n\
                 watch = true               # zonder item: de pagina zelf wordt gevolgd, en wat erin verandert\n",
            ),
            "judgments" => file.push_str("start = \"2026-01-01\"        # eerste dag die wordt gelezen\n"),
            "feed" => {}
            _ => file.push_str("# vul de overige sleutels in: zie sources/README.md\n"),
        }
        file
    }
}

/// A name of a source out of a title: lower case letters, digits and hyphens.
#[must_use]
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'á' | 'à' | 'ä' | 'â' => slug.push('a'),
            'é' | 'è' | 'ë' | 'ê' => slug.push('e'),
            'í' | 'ï' => slug.push('i'),
            'ó' | 'ö' | 'ô' => slug.push('o'),
            'ú' | 'ü' => slug.push('u'),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() >= 40 {
            break;
        }
    }
    slug.trim_matches('-').to_owned()
}
