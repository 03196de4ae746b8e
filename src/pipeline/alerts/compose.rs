//! From a noted story to what a reader sees of it.

use jiff::Timestamp;

use crate::{
    domain::{message::Message, week::amsterdam},
    report::{
        alert::{Alert, Telling, compose, compose_collected},
        words,
    },
    settings::{AlertRule, Settings},
    store::{
        Store, StoreError,
        waiting::{FullItem, Noted},
    },
};

/// Words that are named as those that counted.
const WORDS: usize = 5;
/// Other tellings that are named with their link.
const TELLINGS: usize = 5;

/// What a reader sees of each story, and the stories that were withdrawn meanwhile.
pub(super) async fn entries<'a>(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    told: &[&'a Noted],
) -> Result<(Vec<Alert>, Vec<&'a Noted>), StoreError> {
    let (mut alerts, mut gone) = (Vec::<Alert>::new(), Vec::new());
    for one in told {
        // Stories may be joined while one waits: what counts is the story of the telling now, and that is told once.
        let story = store.full_item(one.item).await?.map_or(one.story, |item| item.story);
        let tellings = store.tellings_of(story).await?;
        match tellings.iter().find(|item| item.id == one.item).or(tellings.first()) {
            Some(_) if alerts.iter().any(|alert| alert.story == story) => {}
            Some(item) => alerts.push(entry(store, settings, rule, one, item, &tellings).await?),
            None => gone.push(*one),
        }
    }
    Ok((alerts, gone))
}

/// One story by itself, or several together; none when nothing is left to tell.
pub(super) fn message(
    rule: &AlertRule,
    entries: &[Alert],
    later: usize,
    to: &str,
    now: Timestamp,
) -> Result<Option<Message>, askama::Error> {
    match entries {
        [] => Ok(None),
        [one] => compose(&Alert { later, ..one.clone() }, to, now).map(Some),
        several => compose_collected(several, rule.interval, to, now).map(Some),
    }
}

async fn entry(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    noted: &Noted,
    item: &FullItem,
    tellings: &[FullItem],
) -> Result<Alert, StoreError> {
    let knowledge = &settings.knowledge;
    let name = |id: &str| settings.source(id).map_or(id.to_owned(), |entry| entry.source.title.clone());
    let published =
        Timestamp::from_second(item.published).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(amsterdam().clone());
    let codes = store.axis(item.id, "gebied").await?;
    let mut labels: Vec<(String, f64)> = noted.label.clone().into_iter().collect();
    for (fenomeen, p, outcome, _) in store.labels_of(item.id, knowledge.classifier.version()).await? {
        if outcome == "ja" && !labels.iter().any(|(own, _)| *own == fenomeen) {
            labels.push((fenomeen, p));
        }
    }
    let mut counted = noted.words.clone();
    if let Some((fenomeen, _)) = &noted.label {
        let reasons = knowledge.classifier.explain(&item.title, &item.text, fenomeen, WORDS);
        counted.extend(reasons.into_iter().filter(|reason| reason.weight > 0.0).map(|reason| reason.word));
    }
    let label = |(fenomeen, p): &(String, f64)| format!("{} {}", knowledge.label(fenomeen), words::probability(*p));
    Ok(Alert {
        rule: rule.id.clone(),
        rule_title: rule.title.clone(),
        rule_words: rule_words(settings, rule),
        story: item.story,
        item: item.id,
        title: item.title.clone(),
        excerpt: words::excerpt(&item.text, 280),
        link: item.link.clone().unwrap_or_default(),
        source: name(&item.source),
        when: published.strftime("%d-%m-%Y %H.%M").to_string(),
        copies: u32::try_from(tellings.len().saturating_sub(1)).unwrap_or(u32::MAX),
        others: tellings
            .iter()
            .filter(|other| other.id != item.id)
            .filter_map(|other| Some(Telling { source: name(&other.source), link: other.link.clone()? }))
            .take(TELLINGS)
            .collect(),
        short: match &noted.label {
            Some((id, _)) => knowledge.fenomeen(id).map_or(id.clone(), |fenomeen| fenomeen.short.clone()),
            None => rule.title.clone(),
        },
        labels: labels.iter().map(label).collect::<Vec<_>>().join(" · "),
        p: noted.label.as_ref().map(|(_, p)| words::probability(*p)),
        places: codes.iter().map(|code| knowledge.gazetteer.name(code).to_owned()).collect(),
        counted,
        later: 0,
    })
}

/// The rule as a reader may hear it: "fenomeen X of Y én gebied Z, zekerheid vanaf 0,80".
pub(super) fn rule_words(settings: &Settings, rule: &AlertRule) -> String {
    let knowledge = &settings.knowledge;
    let any = |names: Vec<String>| match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} of {last}", first.join(", ")),
        _ => names.concat(),
    };
    let mut parts = Vec::new();
    let mut part = |noun: &str, ids: &[String], name: &dyn Fn(&String) -> String| {
        if !ids.is_empty() {
            parts.push(format!("{noun} {}", any(ids.iter().map(name).collect())));
        }
    };
    part("fenomeen", &rule.fenomenen, &|id| knowledge.label(id).to_owned());
    part("gebied", &rule.gebieden, &|code| match code.as_str() {
        "regio" => settings.region.name.clone(),
        code => knowledge.gazetteer.name(code).to_owned(),
    });
    part("instrument", &rule.instrumenten, &|id| knowledge.listed(id).to_owned());
    part("branche", &rule.branches, &|id| knowledge.listed(id).to_owned());
    part("bron", &rule.bronnen, &|id| settings.source(id).map_or(id.clone(), |entry| entry.source.title.clone()));
    part("instantie", &rule.instanties, &String::clone);
    part("woord", &rule.woorden, &|word| format!("'{word}'"));
    part("zin", &rule.zinnen, &|phrase| format!("'{phrase}'"));
    if rule.fenomenen.is_empty() && rule.at_least.is_some() {
        parts.insert(0, "elk fenomeen".to_owned());
    }
    let sure = rule.at_least.map(|least| format!(", zekerheid vanaf {}", words::probability(least)));
    format!("{}{}", parts.join(" én "), sure.unwrap_or_default())
}
