//! The published suites of other feed readers against our reading: what each of their files says should come out, in a
//! comment at its head (feedparser) or in a file beside it (feed-rs, gofeed). Prints the share of each suite.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use regex::Regex;
use serde_json::Value;
use uitkijk::{
    adapters::{Page, Spec, date},
    domain::{
        exchange::{Request, Response},
        record::{Body, Record},
    },
    normalise::text,
};

use crate::support::{files_below, recorded};

/// Least share, in percent, of the expectations of a suite that must come out; a little under what was measured.
const FLOORS: [(&str, usize); 3] = [("feed-rs", 97), ("feedparser", 96), ("gofeed", 97)];

#[derive(Default)]
struct Score {
    met: usize,
    missed: Vec<String>,
}

/// One thing that a suite expects of one item.
struct Expected {
    item: usize,
    field: Field,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Id,
    Text,
    Date,
    /// The number of items.
    Count,
}

#[test]
fn published_suites_come_out_as_they_expect() {
    let Some(folder) = recorded("feeds-torture") else { return };
    let more = tempfile::tempdir().expect("a folder");
    unpack(&folder, more.path());
    let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
    for root in [folder.as_path(), more.path()] {
        for file in files_below(root) {
            let relative = file.strip_prefix(root).expect("below").to_string_lossy().into_owned();
            let suite = relative.split('/').next().unwrap_or_default().to_owned();
            let Some((content_type, expected)) = expectations(&file) else { continue };
            let page = read(&file, content_type);
            for one in expected {
                let score = scores.entry((suite.clone(), format!("{:?}", one.field))).or_default();
                match check(page.as_ref(), &one) {
                    Ok(()) => score.met += 1,
                    Err(got) => {
                        score.missed.push(format!("{relative} {:?}: {:?}, niet {got:?}", one.field, one.values));
                    }
                }
            }
        }
    }
    let mut suites: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((suite, field), score) in &scores {
        let all = score.met + score.missed.len();
        println!("{suite:<12} {field:<6} {:>4} van {all:>4}", score.met);
        let sum = suites.entry(suite).or_default();
        (sum.0, sum.1) = (sum.0 + score.met, sum.1 + all);
    }
    for missed in scores.values().flat_map(|score| &score.missed) {
        println!("  mist: {}", missed.chars().take(400).collect::<String>());
    }
    for (suite, (met, all)) in &suites {
        println!("{suite}: {met} van {all} verwachtingen ({} %)", met * 100 / all.max(&1));
    }
    for (suite, floor) in FLOORS {
        let (met, all) = suites.get(suite).copied().expect("a suite");
        assert!(met * 100 >= floor * all, "{suite}: {met} of {all}");
    }
}

/// Every date that stands in a suite: those that nobody can read are printed.
#[test]
fn dates_in_the_suites_are_read() {
    let Some(folder) = recorded("feeds-torture") else { return };
    let more = tempfile::tempdir().expect("a folder");
    unpack(&folder, more.path());
    let written = Regex::new(
        r"<(?:\w+:)?(?i:pubdate|published|updated|modified|issued|created|date|lastbuilddate)(?:\s[^>]*)?>([^<>]{1,80})</",
    )
    .expect("a pattern");
    let (mut all, mut unread) = (0, BTreeMap::new());
    for file in files_below(&folder).into_iter().chain(files_below(more.path())) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).expect("a file")).into_owned();
        for found in written.captures_iter(&text).filter(|found| !found[1].trim().is_empty()) {
            all += 1;
            if date::parse(&found[1]).is_none() {
                *unread.entry(found[1].trim().to_owned()).or_insert(0) += 1;
            }
        }
    }
    println!("{all} datums, niet gelezen: {unread:?}");
    assert!(unread.values().sum::<usize>() * 100 <= 2 * all, "{unread:?}");
}

/// The rest of the suites stands in archives; without a `tar` that knows zstd they are left out.
fn unpack(folder: &Path, into: &Path) {
    for suite in ["feedparser", "gofeed", "rome"] {
        let target = into.join(suite);
        std::fs::create_dir(&target).expect("a folder");
        let archive = folder.join(suite).join("more.tar.zst");
        let done =
            std::process::Command::new("tar").arg("--zstd").arg("-xf").arg(&archive).arg("-C").arg(&target).status();
        if !done.is_ok_and(|status| status.success()) {
            println!("{}: niet uitgepakt, overgeslagen", archive.display());
        }
    }
}

fn read(file: &Path, content_type: Option<String>) -> Option<Page> {
    let body = std::fs::read(file).expect("a file");
    let spec: Spec = toml::from_str("kind = 'feed'\nurl = 'http://127.0.0.1:8097/feed'").expect("a spec");
    let mut response = Response::saved(Request::new("http://127.0.0.1:8097/feed", ""), body);
    response.content_type = content_type;
    spec.adapter().read(&response).ok()
}

/// What a file expects, with the HTTP header that belongs to it; None when it expects nothing.
fn expectations(file: &Path) -> Option<(Option<String>, Vec<Expected>)> {
    let name = file.to_string_lossy();
    if name.contains("feedparser") && name.ends_with(".xml") {
        return in_comment(&String::from_utf8_lossy(&std::fs::read(file).expect("a file")));
    }
    let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
    let beside = [".serde.json", "_expected.json", ".json"].map(|end| Path::new(&format!("{stem}{end}")).to_path_buf());
    let sidecar = beside.iter().find(|beside| beside.as_path() != file && beside.is_file());
    if name.ends_with(".serde.json") || name.ends_with("_expected.json") {
        return None;
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(sidecar?).expect("a file")).ok()?;
    Some((None, in_sidecar(&expected)))
}

fn in_comment(text: &str) -> Option<(Option<String>, Vec<Expected>)> {
    static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"entries\[(\d)\](?:\[['"](\w+)['"]\]|\.(\w+))(?:\[0\])?(?:\[['"]value['"]\]|\.value)?\s*==\s*u?("""(?:.*?)"""|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\(\d[\d, ]+\))"#,
        )
        .expect("a pattern")
    });
    static HEADER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)Header:\s*Content-type:\s*(.*)").expect("a pattern"));
    let comment = text.split_once("<!--")?.1.split_once("-->")?.0;
    let header = HEADER.captures(comment).map(|found| found[1].trim().to_owned());
    let line = comment.split_once("Expect:")?.1;
    let mut all: Vec<Expected> = Vec::new();
    for found in CLAUSE.captures_iter(line) {
        let name = found.get(2).or(found.get(3)).map_or("", |name| name.as_str());
        let field = match name {
            "title" | "title_detail" => Field::Title,
            "link" => Field::Link,
            "id" | "guid" => Field::Id,
            "description" | "summary" | "content" | "summary_detail" => Field::Text,
            "published_parsed" | "updated_parsed" | "created_parsed" => Field::Date,
            _ => continue,
        };
        let item = found[1].parse().expect("a digit");
        let value = unquoted(&found[4]);
        match all.iter_mut().find(|known| field == Field::Text && known.field == field && known.item == item) {
            Some(known) => known.values.push(value),
            None => all.push(Expected { item, field, values: vec![value] }),
        }
    }
    (!all.is_empty()).then_some((header, all))
}

/// A Python literal as text; a tuple of a time as RFC 3339.
fn unquoted(literal: &str) -> String {
    if literal.starts_with('(') {
        let parts: Vec<u32> =
            literal.trim_matches(['(', ')']).split(',').filter_map(|part| part.trim().parse().ok()).collect();
        let [year, month, day, hour, minute, second, ..] = parts.as_slice() else { return String::new() };
        return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    }
    let bare = literal
        .strip_prefix("\"\"\"")
        .and_then(|rest| rest.strip_suffix("\"\"\""))
        .unwrap_or_else(|| literal.get(1..literal.len() - 1).unwrap_or_default());
    let mut text = String::new();
    let mut rest = bare.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        let mut code = |digits| {
            let hex: String = rest.by_ref().take(digits).collect();
            u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).unwrap_or('?')
        };
        text.push(match escaped {
            Some('n') => '\n',
            Some('x') => code(2),
            Some('u') => code(4),
            Some(other) => other,
            None => c,
        });
    }
    text
}

fn in_sidecar(expected: &Value) -> Vec<Expected> {
    let Some(items) = ["entries", "items"].iter().find_map(|name| expected.get(name)?.as_array()) else {
        return Vec::new();
    };
    let mut all = vec![Expected { item: 0, field: Field::Count, values: vec![items.len().to_string()] }];
    for (place, item) in items.iter().enumerate() {
        let text = |name: &str| {
            let value = item.get(name)?;
            let inner = ["content", "value", "body"].iter().find_map(|inner| value.get(inner));
            inner.unwrap_or(value).as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        };
        let mut add = |field, values: Vec<Option<String>>| {
            let values: Vec<String> = values.into_iter().flatten().collect();
            if !values.is_empty() {
                all.push(Expected { item: place, field, values });
            }
        };
        add(Field::Title, vec![text("title")]);
        add(Field::Text, ["content", "description", "summary", "content_html", "content_text"].map(text).to_vec());
        let is_made = |id: &str| id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()) || id.len() == 36;
        add(Field::Id, vec![text("guid").or_else(|| text("id")).filter(|id| !is_made(id))]);
        let dates = ["publishedParsed", "pubDateParsed", "published", "updatedParsed", "updated", "date_published"];
        add(Field::Date, vec![dates.iter().find_map(|name| text(name))]);
        let links = item.get("links").and_then(Value::as_array).into_iter().flatten();
        let page =
            links.filter(|link| link.get("rel").is_none_or(|rel| rel.is_null() || rel == "alternate" || rel == ""));
        let first = page.filter_map(|link| link.get("href").unwrap_or(link).as_str()).next().map(str::to_owned);
        add(Field::Link, vec![text("link").or_else(|| text("url")).or(first)]);
    }
    all
}

fn check(page: Option<&Page>, expected: &Expected) -> Result<(), String> {
    let page = page.ok_or("geen feed")?;
    if expected.field == Field::Count {
        // What is left out with a reason was read too.
        let count = (page.records.len() + page.rejected.len()).to_string();
        return if expected.values == [count.as_str()] { Ok(()) } else { Err(count) };
    }
    let record = page.records.get(expected.item).ok_or("geen bericht")?;
    let got = value(record, expected.field);
    let is_met = expected.values.iter().any(|wanted| match expected.field {
        Field::Title | Field::Text => {
            let same = |wanted: &str| wanted.split_whitespace().eq(got.split_whitespace());
            same(wanted) || same(&text::of_html(wanted))
        }
        Field::Date => date::parse(wanted).is_some_and(|at| {
            [record.published, record.updated].iter().flatten().any(|ours| ours.as_second() == at.as_second())
        }),
        Field::Id | Field::Link | Field::Count => wanted.trim() == got.trim(),
    });
    if is_met { Ok(()) } else { Err(got) }
}

fn value(record: &Record, field: Field) -> String {
    match field {
        Field::Title => text::line(&record.title),
        Field::Link => record.link.clone().unwrap_or_default(),
        Field::Id => record.key.clone(),
        Field::Text => match &record.body {
            Body::Plain(plain) => text::tidy(plain),
            Body::Html(html) => text::of_html(html),
        },
        Field::Date => format!("{:?} {:?}", record.published, record.updated),
        Field::Count => String::new(),
    }
}
