//! Who gets which part of the weekly digest, and when: the `[[subscription]]` tables, or one for `mail.digest-to`.

use std::path::Path;

use jiff::civil::Weekday;
use serde::Deserialize;

use super::{
    Knowledge,
    faults::{Fault, of_toml},
    raw::Raw,
};
use crate::{
    deliver,
    domain::reader::{Dates, Reader},
};

/// When the weekly digest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchTime {
    /// Weekday.
    pub day: Weekday,
    /// Hour, Dutch time.
    pub hour: i8,
}

/// What this file is read for; the rest of it is read elsewhere.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    subscription: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    to: Vec<String>,
    #[serde(default)]
    fenomenen: Vec<String>,
    #[serde(default)]
    gebieden: Vec<String>,
    #[serde(default)]
    instrumenten: Vec<String>,
    day: Option<String>,
    hour: Option<i8>,
    #[serde(default = "dutch")]
    dates: String,
}

fn dutch() -> String {
    "nl".to_owned()
}

/// When the week is watched.
pub(super) fn watch_time(raw: &Raw, faults: &mut Vec<Fault>) -> Option<WatchTime> {
    let day = weekday(&raw.watch.day, "watch.day", faults);
    let hour = hour(raw.watch.hour, "watch.hour", faults);
    Some(WatchTime { day: day?, hour: hour? })
}

/// The subscriptions of the file; without any, one of everything for `mail.digest-to`.
pub(super) fn load(file: Option<&Path>, raw: &Raw, knowledge: &Knowledge, faults: &mut Vec<Fault>) -> Vec<Reader> {
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let name = file.map(|file| file.display().to_string()).unwrap_or_default();
    let written: Written = match toml::from_str(&text) {
        Ok(written) => written,
        Err(error) => {
            faults.push(of_toml(&name, &text, &error));
            return Vec::new();
        }
    };
    // A wrong day or hour of [watch] is told where the week's own moment is read.
    let usual = watch_time(raw, &mut Vec::new()).unwrap_or(WatchTime { day: Weekday::Monday, hour: 7 });
    if written.subscription.is_empty() {
        return vec![Reader::to_all(raw.mail.digest_to.clone(), usual.day, usual.hour)];
    }
    let mut subscriptions: Vec<Reader> = Vec::new();
    for table in written.subscription {
        let subscription = checked(table, usual, knowledge, faults);
        let week = crate::domain::week::Week::of(jiff::Timestamp::UNIX_EPOCH);
        if subscriptions.iter().any(|other| other.key(week) == subscription.key(week)) {
            let why = format!("'{}' komt twee keer voor: geef elk abonnement een eigen naam", subscription.name);
            faults.push(Fault::new("subscription.name", why));
        }
        subscriptions.push(subscription);
    }
    subscriptions
}

fn checked(table: Table, usual: WatchTime, knowledge: &Knowledge, faults: &mut Vec<Fault>) -> Reader {
    let at = |key: &str| format!("subscription '{}', {key}", table.name);
    if !table.name.chars().any(char::is_alphanumeric) {
        faults.push(Fault::new("subscription.name", "is leeg: geef het abonnement een naam voor de lezer"));
    }
    if table.to.is_empty() {
        faults.push(Fault::new(at("to"), "is leeg: noem minstens een mailadres"));
    }
    for address in table.to.iter().filter(|address| !deliver::is_address(address)) {
        let why = format!("'{address}' is geen mailadres; schrijf bijvoorbeeld \"naam@voorbeeld.nl\"");
        faults.push(Fault::new(at("to"), why));
    }
    for id in table.fenomenen.iter().filter(|id| knowledge.fenomeen(id).is_none()) {
        faults
            .push(Fault::new(at("fenomenen"), format!("'{id}' is geen fenomeen; de lijst staat in config/fenomenen")));
    }
    for code in table.gebieden.iter().filter(|code| knowledge.gazetteer.gemeente(code).is_none()) {
        let why = format!("'{code}' is geen code van een gemeente; zie config/gebieden/gemeenten.csv");
        faults.push(Fault::new(at("gebieden"), why));
    }
    let known = |id: &String| knowledge.instrument_labels.iter().any(|(own, _)| own == id);
    for id in table.instrumenten.iter().filter(|id| !known(id)) {
        let why = format!("'{id}' is geen instrument; de lijst staat in config/lijsten/instrumenten.toml");
        faults.push(Fault::new(at("instrumenten"), why));
    }
    let dates = Dates::of(&table.dates).unwrap_or_else(|| {
        faults.push(Fault::new(at("dates"), format!("'{}' kan niet; kies uit: nl, fy, en", table.dates)));
        Dates::Nl
    });
    let day = table.day.as_ref().map_or(Some(usual.day), |day| weekday(day, &at("day"), faults));
    let hour = table.hour.map_or(Some(usual.hour), |own| hour(own, &at("hour"), faults));
    Reader {
        day: day.unwrap_or(usual.day),
        hour: hour.unwrap_or(usual.hour),
        name: table.name,
        to: table.to,
        fenomenen: table.fenomenen,
        gebieden: table.gebieden,
        instrumenten: table.instrumenten,
        dates,
    }
}

fn weekday(text: &str, key: &str, faults: &mut Vec<Fault>) -> Option<Weekday> {
    let day = match text {
        "maandag" => Weekday::Monday,
        "dinsdag" => Weekday::Tuesday,
        "woensdag" => Weekday::Wednesday,
        "donderdag" => Weekday::Thursday,
        "vrijdag" => Weekday::Friday,
        "zaterdag" => Weekday::Saturday,
        "zondag" => Weekday::Sunday,
        other => {
            faults.push(Fault::new(key, format!("'{other}' is geen weekdag; schrijf bijvoorbeeld \"maandag\"")));
            return None;
        }
    };
    Some(day)
}

fn hour(hour: i8, key: &str, faults: &mut Vec<Fault>) -> Option<i8> {
    if (0..=23).contains(&hour) {
        return Some(hour);
    }
    faults.push(Fault::new(key, "moet tussen 0 en 23 liggen"));
    None
}
