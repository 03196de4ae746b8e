//! The configuration as written, and its layers.

use std::{collections::BTreeMap, path::Path};

use config::{Config, Environment, File, FileFormat};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use toml::{Table, Value, de::DeTable};

use super::faults::{Fault, line_of, of_toml, unknown_key};
use crate::{assets, deliver};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Raw {
    pub(super) paths: Paths,
    pub(super) region: Region,
    pub(super) worker: Worker,
    pub(super) fetch: Fetch,
    pub(super) schedule: Schedule,
    pub(super) watch: Watch,
    pub(super) trend: Trend,
    pub(super) mail: Mail,
    pub(super) log: Log,
    pub(super) store: Keeping,
    /// Name of a secret → the file that holds it.
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Keeping {
    pub(super) retention: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paths {
    pub(super) state: String,
    pub(super) sources: String,
    pub(super) config: String,
    pub(super) model: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Region {
    pub(super) name: String,
    pub(super) riec: String,
    pub(super) gemeenten: Vec<String>,
    pub(super) provinces: Vec<String>,
    pub(super) boundaries: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Worker {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Fetch {
    pub(super) user_agent: String,
    pub(super) timeout: String,
    pub(super) first_byte: String,
    pub(super) max_compressed: usize,
    pub(super) max_bytes: usize,
    pub(super) least_speed: u64,
    pub(super) concurrency: usize,
    pub(super) pause: String,
    pub(super) proxy: String,
    pub(super) extra_ca: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Schedule {
    pub(super) jitter: f64,
    pub(super) longest_backoff: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Watch {
    pub(super) day: String,
    pub(super) hour: i8,
    pub(super) weeks: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Trend {
    pub(super) false_discovery_rate: f64,
    pub(super) least_stories: u32,
    pub(super) least_publishers: u32,
    pub(super) least_ratio: f64,
    pub(super) least_weeks: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Mail {
    channel: String,
    directory: String,
    from: String,
    pub(super) digest_to: Vec<String>,
    pub(super) alerts_to: Vec<String>,
    pub(super) signals_to: Vec<String>,
    pub(super) ops_to: Vec<String>,
    unsubscribe_url: String,
    host: String,
    port: u16,
    security: String,
    user: String,
    password_file: String,
    password: SecretString,
}

#[derive(Debug, Deserialize)]
pub(super) struct Log {
    pub(super) filter: String,
    pub(super) format: String,
}

/// Reads the layers. None when they cannot be composed at all; faults say why.
pub(super) fn load(file: Option<&Path>, faults: &mut Vec<Fault>) -> Option<Raw> {
    let default = assets::config("default.toml").unwrap_or_default();
    let name = file.map(|file| file.display().to_string()).unwrap_or_default();
    let written = match file.map(std::fs::read_to_string) {
        None => String::new(),
        Some(Ok(text)) => text,
        Some(Err(error)) => {
            faults
                .push(Fault::new(name, format!("het bestand kan niet worden gelezen ({error}): controleer --config")));
            return None;
        }
    };
    let known: Table = default.parse().ok()?;
    match written.parse::<Table>() {
        Ok(table) => check_keys(&name, &written, &table, &known, faults),
        Err(error) => {
            faults.push(of_toml(&name, &written, &error));
            return None;
        }
    }
    let environment = Environment::with_prefix("UITKIJK")
        .prefix_separator("_")
        .separator("__")
        .convert_case(config::Case::Kebab)
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("mail.digest-to")
        .with_list_parse_key("mail.alerts-to")
        .with_list_parse_key("mail.signals-to")
        .with_list_parse_key("region.gemeenten")
        .with_list_parse_key("region.provinces");
    let layers = Config::builder()
        .add_source(File::from_str(default, FileFormat::Toml))
        .add_source(File::from_str(&written, FileFormat::Toml))
        .add_source(environment)
        .build();
    let raw = layers.and_then(Config::try_deserialize::<Raw>);
    match raw {
        Ok(raw) if faults.is_empty() => Some(raw),
        Ok(_) => None,
        Err(error) => {
            if faults.is_empty() {
                faults.push(Fault::new(
                    if name.is_empty() { "omgeving (UITKIJK_...)".into() } else { name },
                    format!("{error}: pas de waarde aan"),
                ));
            }
            None
        }
    }
}

/// `default.toml` names every key, so what it does not name does not exist, and a value has the type that it has there.
fn check_keys(file: &str, text: &str, table: &Table, known: &Table, faults: &mut Vec<Fault>) {
    let lines = DeTable::parse(text).ok();
    let line_of_key = |section: &str, key: Option<&str>| {
        let root = lines.as_ref()?.get_ref();
        let (section_key, value) = root.iter().find(|(name, _)| name.get_ref().as_ref() == section)?;
        let Some(key) = key else { return Some(line_of(text, section_key.span().start)) };
        let (name, _) = value.get_ref().as_table()?.iter().find(|(name, _)| name.get_ref().as_ref() == key)?;
        Some(line_of(text, name.span().start))
    };
    let mut fault = |line: Option<usize>, said: String| faults.push(Fault { file: file.to_owned(), line, text: said });
    // Subscriptions are as many as one likes; they are read and checked on their own.
    for (section, value) in table.iter().filter(|(section, _)| *section != "subscription") {
        let Some(Value::Table(known_keys)) = known.get(section) else {
            let sections: Vec<&str> = known.keys().map(String::as_str).collect();
            fault(line_of_key(section, None), unknown_key(section, &sections));
            continue;
        };
        let Value::Table(keys) = value else {
            fault(
                line_of_key(section, None),
                format!("'{section}' is een onderdeel: schrijf [{section}] op een eigen regel"),
            );
            continue;
        };
        if section == "secrets" {
            continue;
        }
        for (key, value) in keys {
            let all: Vec<&str> = known_keys.keys().map(String::as_str).collect();
            match known_keys.get(key) {
                None => fault(line_of_key(section, Some(key)), unknown_key(key, &all)),
                Some(expected) if !same_type(expected, value) => fault(
                    line_of_key(section, Some(key)),
                    format!("'{section}.{key}' verwacht {}, maar hier staat {}", kind(expected), kind(value)),
                ),
                Some(_) => {}
            }
        }
    }
}

fn same_type(expected: &Value, value: &Value) -> bool {
    expected.same_type(value) || matches!((expected, value), (Value::Float(_), Value::Integer(_)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "tekst tussen aanhalingstekens",
        Value::Integer(_) => "een geheel getal",
        Value::Float(_) => "een getal",
        Value::Boolean(_) => "true of false",
        Value::Datetime(_) => "een datum",
        Value::Array(_) => "een lijst tussen [ en ]",
        Value::Table(_) => "een onderdeel",
    }
}

/// A duration as people write it: "15m", "6h", "30d".
pub(super) fn duration(text: &str, key: &str, faults: &mut Vec<Fault>) -> SignedDuration {
    let days = text
        .trim()
        .strip_suffix('d')
        .and_then(|days| days.trim().parse::<i64>().ok())
        .map(|days| SignedDuration::from_hours(24 * days));
    match days.map_or_else(|| text.parse::<SignedDuration>().ok(), Some) {
        Some(duration) if duration > SignedDuration::ZERO => duration,
        _ => {
            faults.push(Fault::new(
                key,
                format!("'{text}' is geen duur; schrijf bijvoorbeeld \"15m\", \"6h\" of \"30d\""),
            ));
            SignedDuration::from_hours(1)
        }
    }
}

impl Mail {
    pub(super) fn checked(&self, state: &Path, base: &Path, faults: &mut Vec<Fault>) -> Option<deliver::Settings> {
        let everyone = [&self.digest_to, &self.alerts_to, &self.signals_to, &self.ops_to];
        for address in everyone.into_iter().flatten().chain([&self.from]) {
            if !deliver::is_address(address) {
                faults.push(Fault::new(
                    "mail",
                    format!("'{address}' is geen mailadres; schrijf bijvoorbeeld \"naam@voorbeeld.nl\""),
                ));
            }
        }
        if self.channel == "smtp" && self.host.trim().is_empty() {
            faults.push(Fault::new("mail.host", "is leeg: vul de naam van uw mailserver in"));
        }
        let local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.channel == "smtp" && self.security == "none" && !local {
            faults.push(Fault::new(
                "mail.security",
                "\"none\" mag alleen voor een server op deze machine; kies starttls of tls",
            ));
        }
        let channel = match self.channel.as_str() {
            "files" => deliver::ChannelSettings::Files { directory: state.join(&self.directory) },
            "smtp" => deliver::ChannelSettings::Smtp(deliver::SmtpSettings {
                host: self.host.clone(),
                port: self.port,
                security: match self.security.as_str() {
                    "starttls" => deliver::Security::StartTls,
                    "tls" => deliver::Security::Tls,
                    "none" => deliver::Security::None,
                    other => {
                        faults.push(Fault::new(
                            "mail.security",
                            format!("'{other}' kan niet; kies uit: starttls, tls, none"),
                        ));
                        return None;
                    }
                },
                user: self.user.clone(),
                password: self.secret(base, faults),
            }),
            other => {
                faults.push(Fault::new("mail.channel", format!("'{other}' kan niet; kies uit: files, smtp")));
                return None;
            }
        };
        let url = &self.unsubscribe_url;
        let can_stop = url.starts_with("https://") && url.contains("{token}") && url.is_ascii();
        if !url.is_empty() && !can_stop {
            let why =
                "moet met https:// beginnen en {token} bevatten; leeg laten mag, dan kan afmelden alleen per mail";
            faults.push(Fault::new("mail.unsubscribe-url", format!("'{url}' {why}")));
        }
        Some(deliver::Settings { from: self.from.clone(), unsubscribe_url: url.clone(), channel })
    }

    fn secret(&self, base: &Path, faults: &mut Vec<Fault>) -> SecretString {
        if self.password_file.is_empty() {
            return self.password.clone();
        }
        secret("mail.password-file", &self.password_file, base, faults).unwrap_or_else(|| self.password.clone())
    }
}

/// The secret in a file, without the line end that editors add.
pub(super) fn secret(key: &str, file: &str, base: &Path, faults: &mut Vec<Fault>) -> Option<SecretString> {
    match std::fs::read_to_string(base.join(file)) {
        Ok(text) => Some(text.trim_end().to_owned().into()),
        Err(error) => {
            faults.push(Fault::new(
                key,
                format!("'{file}' kan niet worden gelezen ({error}): maak het bestand, of pas de sleutel aan"),
            ));
            None
        }
    }
}
