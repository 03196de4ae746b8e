//! What a person is asked, and what an answer does: uncertain and varied items first, and now and then one that the model
//! let pass, for an audit of what is missed (Settles 2009, *Active Learning Literature Survey*, sections 3.1 and 5).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::verdict::{Label, Outcome, Verdict},
    pipeline::judge::verdict,
    settings::Knowledge,
    store::{
        Store, StoreError,
        corrections::{Asked, Correction, Said},
    },
};

/// Doubtful items that are weighed.
const WEIGHED: u32 = 400;
/// One in this many questions is about an item without any label.
const AUDIT: usize = 6;
/// How much a label, or a source, that was asked about already puts a question back.
const SAME_LABEL: f64 = 0.15;
const SAME_SOURCE: f64 = 0.08;

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// The item.
    pub asked: Asked,
    /// Labels that are "ja" or "twijfel", most probable first; empty for an audit.
    pub labels: Vec<Label>,
    /// What the model says of all fenomenen.
    pub verdict: Verdict,
}

/// The questions about items published since a moment, in the order in which they teach most.
///
/// # Errors
/// When the store fails.
pub async fn questions(
    store: &Store,
    knowledge: &Knowledge,
    since: Timestamp,
    most: usize,
) -> Result<Vec<Question>, StoreError> {
    let model = knowledge.classifier.version();
    let doubtful = store.unreviewed(model, since, true, WEIGHED).await?;
    let share = u32::try_from(most / AUDIT + 1).unwrap_or(u32::MAX);
    let mut audit = store.unreviewed(model, since, false, share).await?.into_iter();
    let mut open: Vec<(f64, Question)> = doubtful.into_iter().map(|asked| weighed(knowledge, asked)).collect();
    let mut questions: Vec<Question> = Vec::new();
    let (mut labels, mut sources) = (BTreeMap::<String, f64>::new(), BTreeMap::<String, f64>::new());
    while questions.len() < most {
        if questions.len() % AUDIT == AUDIT - 1
            && let Some(asked) = audit.next()
        {
            questions.push(weighed(knowledge, asked).1);
            continue;
        }
        let top =
            |question: &Question| question.labels.first().map_or_else(String::new, |label| label.fenomeen.clone());
        let worth = |(near, question): &(f64, Question)| {
            near - SAME_LABEL * labels.get(&top(question)).copied().unwrap_or(0.0)
                - SAME_SOURCE * sources.get(&question.asked.source).copied().unwrap_or(0.0)
        };
        let Some(place) = (0..open.len()).max_by(|a, b| {
            let of = |place: &usize| open.get(*place).map_or(f64::MIN, worth);
            of(a).total_cmp(&of(b)).then_with(|| b.cmp(a))
        }) else {
            break;
        };
        let (_, question) = open.swap_remove(place);
        *labels.entry(top(&question)).or_default() += 1.0;
        *sources.entry(question.asked.source.clone()).or_default() += 1.0;
        questions.push(question);
    }
    Ok(questions)
}

/// A question, and how near its least certain label is to its threshold: 1 on it, 0 far from it.
fn weighed(knowledge: &Knowledge, asked: Asked) -> (f64, Question) {
    let verdict = verdict(knowledge, &asked.title, &asked.text, &asked.language);
    let near = verdict
        .labels
        .iter()
        .filter(|label| label.outcome != Outcome::Nee)
        .map(|label| {
            let threshold = knowledge.classifier.threshold(&label.fenomeen).unwrap_or(0.5);
            1.0 - (label.p - threshold).abs() / threshold.max(1.0 - threshold)
        })
        .fold(0.0, f64::max);
    let mut labels: Vec<Label> = verdict.labels.iter().filter(|label| label.outcome != Outcome::Nee).cloned().collect();
    labels.sort_by(|a, b| b.p.total_cmp(&a.p));
    (near, Question { asked, labels, verdict })
}

/// What a person says of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These apply and these do not; of the other labels that the model gave or doubted nothing is known.
    Some {
        /// Apply.
        yes: Vec<String>,
        /// Do not apply.
        no: Vec<String>,
    },
    /// Exactly these apply, or none.
    Exactly(Vec<String>),
}

/// Keeps an answer as a correction, and lays it over the labels of the item.
///
/// # Errors
/// When the store fails.
pub async fn answer(
    store: &Store,
    knowledge: &Knowledge,
    name: &str,
    who: &str,
    answer: Answer,
    now: Timestamp,
) -> Result<Option<(Asked, Said)>, StoreError> {
    let Some((asked, key)) = store.asked(name).await? else { return Ok(None) };
    let model = knowledge.classifier.version();
    let said = match answer {
        Answer::Exactly(yes) => {
            let ids = knowledge.fenomenen.iter().map(|fenomeen| fenomeen.id.clone());
            let no = ids.filter(|id| !yes.contains(id)).collect();
            Said { yes, no, open: Vec::new() }
        }
        Answer::Some { yes, no } => {
            let labels = knowledge.classifier.judge(&asked.title, &asked.text, &asked.language);
            let given = labels.into_iter().filter(|label| label.outcome != Outcome::Nee).map(|label| label.fenomeen);
            let open = given.filter(|label| !yes.contains(label) && !no.contains(label)).collect();
            Said { yes, no, open }
        }
    };
    let act = Correction {
        id: 0,
        item: Some(asked.item),
        source: asked.source.clone(),
        key,
        who: who.to_owned(),
        at: now,
        model: model.to_owned(),
        title: asked.title.clone(),
        text: asked.text.clone(),
        said: said.clone(),
    };
    store.correct(&act, model).await?;
    Ok(Some((asked, said)))
}

/// Takes the newest answer of a person back, and judges its item anew. Gives back the title.
///
/// # Errors
/// When the store fails.
pub async fn undo(store: &Store, knowledge: &Knowledge, who: &str) -> Result<Option<String>, StoreError> {
    let Some(act) = store.uncorrect(who).await? else { return Ok(None) };
    if let Some(item) = act.item
        && let Some((asked, _)) = store.asked(&item.to_string()).await?
    {
        let verdict = verdict(knowledge, &asked.title, &asked.text, &asked.language);
        store.rejudge(&[(item, verdict)]).await?;
    }
    Ok(Some(act.title))
}

/// Judges items that the current model has not seen, newest first. Gives back how many were judged; none means done.
///
/// # Errors
/// When the store fails.
pub async fn rejudge(store: &Store, knowledge: &Knowledge, most: u32) -> Result<usize, StoreError> {
    let items = store.unjudged(knowledge.classifier.version(), most).await?;
    let judged = |item: &crate::store::verdicts::Unjudged| {
        (item.id, verdict(knowledge, &item.title, &item.text, &item.language))
    };
    let verdicts: Vec<_> = items.iter().map(judged).collect();
    if !verdicts.is_empty() {
        store.rejudge(&verdicts).await?;
    }
    Ok(verdicts.len())
}
