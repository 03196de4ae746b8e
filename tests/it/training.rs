//! Training is the same to the byte, and learns.

use std::path::Path;

use uitkijk::classify::{
    Classifier,
    bundle::Bundle,
    corpus::Corpus,
    train::{Params, folds, train},
};
use uitkijk::domain::verdict::Outcome;

fn known() -> Vec<String> {
    let files = uitkijk::assets::config_folder("fenomenen");
    files.iter().map(|(name, _)| name.trim_start_matches("fenomenen/").trim_end_matches(".toml").to_owned()).collect()
}

fn corpus() -> Corpus {
    Corpus::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/training"), &known()).expect("the corpus")
}

#[test]
fn the_corpus_is_as_large_as_promised() {
    let corpus = corpus();
    for label in known() {
        let count = corpus.targets(&label).iter().filter(|target| **target).count();
        assert!(count >= 60, "{label}: {count}");
    }
    let negatives: Vec<_> = corpus.examples.iter().filter(|example| example.labels.is_empty()).collect();
    let hard = negatives.iter().filter(|example| example.hard).count();
    assert!(negatives.len() >= 800 && hard * 2 >= negatives.len() - 1, "{} {hard}", negatives.len());
    let folds = folds(&corpus, 5, 1);
    assert_eq!(folds.iter().map(Vec::len).sum::<usize>(), corpus.examples.len());
    for (place, group) in corpus.groups.iter().enumerate() {
        let own = folds.iter().position(|fold| fold.contains(&place));
        let mates = corpus.groups.iter().enumerate().filter(|(_, other)| *other == group);
        assert!(mates.into_iter().all(|(mate, _)| folds.iter().position(|fold| fold.contains(&mate)) == own));
    }
}

#[test]
fn the_same_corpus_and_seed_give_the_same_bytes() {
    let corpus = corpus();
    let small: Vec<usize> = (0..corpus.examples.len())
        .filter(|place| {
            let labels = &corpus.examples[*place].labels;
            labels.is_empty() || labels.iter().all(|label| label == "hennepteelt" || label == "illegale-tabak")
        })
        .collect();
    let mut small = corpus.subset(&small);
    small.labels = vec!["hennepteelt".into(), "illegale-tabak".into()];
    let params = Params { folds: 3, ..Params::default() };
    let first = train(&small, &params).expect("fits").to_bytes();
    let second = train(&small, &params).expect("fits").to_bytes();
    assert_eq!(first, second);
    let classifier = Classifier::new(Bundle::from_bytes(&first).expect("a bundle"));
    let labels = classifier.judge(
        "Loods vol hennepplanten",
        "In een loods stonden 400 hennepplanten; stroom werd afgetapt.",
        "nl",
    );
    let best = labels.iter().max_by(|a, b| a.p.total_cmp(&b.p)).expect("labels");
    assert_eq!(best.fenomeen, "hennepteelt");
    let english = classifier.judge("Loods vol hennepplanten", "In een loods stonden 400 hennepplanten.", "en");
    assert!(english.iter().all(|label| label.outcome != Outcome::Ja), "the model is Dutch");
}

#[test]
fn the_shipped_model_was_fitted_on_the_shipped_corpus() {
    let bundle = Bundle::from_bytes(uitkijk::assets::MODEL).expect("a bundle");
    assert_eq!(
        bundle.corpus,
        corpus().digest(),
        "the corpus changed: run 'uitkijk train' and 'uitkijk evaluate --card'"
    );
}
