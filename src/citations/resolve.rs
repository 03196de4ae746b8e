//! Gives every expression its law: the one behind it, the one it points back at, or the one a reader has in mind.

use std::collections::{HashMap, HashSet};

use super::{
    Found,
    anaphora::{Pointer, Points},
    articles::{Group, Item},
    definitions::Defined,
    fold::Folded,
    laws::{Class, Laws, Style},
    memory::{Memory, Rule},
    names::{Mention, Target, choose},
    owner::{Owner, Owners},
    qualifiers::Lid,
};

/// How far back, in bytes, a bare article may find its law.
const FAR: usize = 4000;

/// How far back, in bytes, a rule without id still stands in the way of a guess.
const NEAR: usize = 800;

pub(super) struct Resolver<'a> {
    folded: &'a Folded,
    laws: &'a Laws,
    owners: &'a Owners,
    mentions: &'a [Mention],
    defined: &'a Defined,
    memory: Memory,
    /// Classes whose word the text uses alone, as a short name: "van de Wet."
    alone: HashSet<Class>,
    found: Vec<Found>,
    /// Mentions before this place of the list have been read.
    next_mention: usize,
    next_meaning: usize,
    /// A byte up to which the text belongs to a citation already.
    taken: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        folded: &'a Folded,
        laws: &'a Laws,
        owners: &'a Owners,
        mentions: &'a [Mention],
        defined: &'a Defined,
    ) -> Self {
        let (memory, found, alone) = (Memory::default(), Vec::new(), HashSet::new());
        Self {
            folded,
            laws,
            owners,
            mentions,
            defined,
            memory,
            alone,
            found,
            next_mention: 0,
            next_meaning: 0,
            taken: 0,
        }
    }

    /// Reads groups and pointers in the order of the text.
    pub(super) fn run(mut self, groups: &[Group], pointers: &[Pointer]) -> Vec<Found> {
        for pointer in pointers {
            if let Points::Defined(class) = pointer.points
                && self.folded.plain_from(pointer.end).starts_with([',', '.', ';', ':', ')', '\n'])
            {
                self.alone.insert(class);
            }
        }
        let mut pointers = pointers.iter().peekable();
        for group in groups {
            while let Some(pointer) = pointers.next_if(|pointer| pointer.start < group.start) {
                self.mentions_before(pointer.start);
                self.pointer(pointer);
            }
            self.mentions_before(group.start);
            self.group(group);
        }
        for pointer in pointers {
            self.mentions_before(pointer.start);
            self.pointer(pointer);
        }
        self.mentions_before(usize::MAX);
        self.found
    }

    /// Reads the laws named before a byte, and the definitions there.
    fn mentions_before(&mut self, at: usize) {
        while let Some(mention) = self.mentions.get(self.next_mention).filter(|mention| mention.start < at) {
            self.meanings_before(mention.start);
            self.next_mention += 1;
            // "Uw", "Mw." and "Wim" are words before they are laws, so an abbreviation alone counts only in its place.
            if mention.start < self.taken
                || self.defined.holds(mention.start)
                || (mention.is_short && !self.reads_as_law(mention))
            {
                continue;
            }
            let Some(rule) = self.rule_of(mention, None).filter(|rule| *rule != Rule::Foreign) else { continue };
            self.memory.name(mention.start, rule, self.laws);
            self.emit(rule, None, None, mention.start, mention.end);
        }
        self.meanings_before(at);
    }

    fn meanings_before(&mut self, at: usize) {
        while let Some(meaning) = self.defined.meanings.get(self.next_meaning).filter(|meaning| meaning.at <= at) {
            self.next_meaning += 1;
            let rule = self.rule(&meaning.target, "", None).unwrap_or(Rule::Foreign);
            // A rule that the table lacks was not yet remembered where it was named; its definition shows that it was.
            if matches!(rule, Rule::Unknown(_)) {
                self.memory.name(meaning.at, rule, self.laws);
            }
            if let Some(class) = meaning.class {
                self.memory.define(class, rule);
            }
        }
    }

    /// An abbreviation alone is a law where an article or preposition stands before it: "de AOW", "ingevolge de Awb".
    fn reads_as_law(&self, mention: &Mention) -> bool {
        let before = self.folded.lower_before(mention.start, 14);
        let word = before.trim_end().rsplit([' ', '(']).next().unwrap_or_default();
        let unique = mention.end - mention.start > 1
            && matches!(&mention.target, Target::Laws(laws) if laws.len() == 1)
            || mention.is_defined;
        unique
            && before.ends_with(' ')
            && matches!(word, "de" | "het" | "der" | "krachtens" | "ingevolge" | "toenmalige" | "oude" | "nieuwe")
    }

    fn written(&self, mention: &Mention) -> &'a str {
        self.folded.plain.get(mention.start..mention.end).unwrap_or_default()
    }

    fn rule_of(&self, mention: &Mention, style: Option<Style>) -> Option<Rule> {
        self.rule(&mention.target, self.written(mention), style)
    }

    /// None when the table leaves open which law is meant.
    fn rule(&self, target: &Target, written: &str, style: Option<Style>) -> Option<Rule> {
        match target {
            Target::Laws(candidates) => choose(candidates, self.laws, written, style).map(Rule::Known),
            Target::Unknown(name) => Some(Rule::Unknown(Class::of_name(name))),
            Target::Act => Some(Rule::Act),
            Target::Nothing => Some(Rule::Foreign),
        }
    }

    fn group(&mut self, group: &Group) {
        let style = group.items.last().map(|item| Style::of(&item.number));
        let (rule, end) = match self.owners.find(self.folded, group.end, self.mentions) {
            Owner::Mention(place) => {
                let Some(mention) = self.mentions.get(place) else { return };
                (self.rule_of(mention, style).or(Some(Rule::Foreign)), mention.end)
            }
            Owner::Word { class, end, is_capital, is_pointer } => {
                (Some(self.word(class, group.start, is_capital, is_pointer)), end)
            }
            Owner::Unknown { name, end } => self.unknown(&name, end),
            Owner::Dated { class, end } => (Some(Rule::Unknown(class)), end),
            Owner::Foreign => (Some(Rule::Foreign), group.end),
            Owner::Silent => (self.adjacent(group.start, style), group.end),
        };
        if let Some(rule) = rule {
            self.memory.name(group.start, rule, self.laws);
        }
        let last = group.items.len().saturating_sub(1);
        let mut before: Option<&Item> = None;
        let mut guessed: HashMap<Style, Option<Rule>> = HashMap::new();
        for (place, item) in group.items.iter().enumerate() {
            let own = rule.filter(|rule| place == last || self.fits(*rule, &item.number));
            let rule = match own {
                Some(rule) => rule,
                // One list, one law: what holds for the first article holds for the others numbered like it.
                None => guessed
                    .entry(Style::of(&item.number))
                    .or_insert_with(|| self.bare(item, group))
                    .unwrap_or(Rule::Foreign),
            };
            let end = if place == last && rule != Rule::Foreign { end.max(item.end) } else { item.end };
            self.item(item, before, rule, end);
            before = Some(item);
        }
        self.taken = self.taken.max(end);
    }

    /// "de Wet verricht" is the defined law and a verb; without a definition "Wet" begins a name that the table lacks.
    /// So it is where the text uses "de Wet" alone elsewhere.
    fn unknown(&self, name: &str, end: usize) -> (Option<Rule>, usize) {
        let first = name.split(' ').next().unwrap_or_default();
        let class = Class::of_word(&first.to_lowercase());
        let class = class.filter(|_| is_bare_class(first) && !self.owners.begins_name(name));
        let alone = class.filter(|class| self.memory.meaning(*class).is_some() || self.alone.contains(class));
        match alone.map(|class| self.word(class, end, true, false)) {
            Some(rule) => (Some(rule), end - name.len() + first.len()),
            None => (Some(Rule::Unknown(Class::of_name(name))), end),
        }
    }

    fn has_id(&self, rule: Rule) -> bool {
        matches!(rule, Rule::Known(place) if self.laws.get(place).is_some_and(|law| law.bwb.is_some() || law.has_books))
    }

    /// In a list an article numbered otherwise than its law is of another law: "artikel 3 en artikel 8:73 Awb".
    fn fits(&self, rule: Rule, number: &str) -> bool {
        match rule {
            Rule::Known(place) => {
                self.laws.get(place).is_none_or(|law| law.style == Style::Plain || law.style == Style::of(number))
            }
            _ => true,
        }
    }

    /// What "de Wet" or "die wet" behind an article means.
    fn word(&self, class: Class, at: usize, is_capital: bool, is_pointer: bool) -> Rule {
        if !is_pointer && let Some(rule) = self.memory.meaning(class) {
            return rule;
        }
        // "het besluit" without a capital is the decision at issue as often as a rule.
        let is_vague = !is_capital && !is_pointer && class != Class::Wet && class != Class::Wetboek;
        let far = if is_vague { 600 } else { 3 * FAR };
        self.memory.of_class(class, at, far).unwrap_or(Rule::Foreign)
    }

    /// The law that stands right before the article: "Opiumwet, artikel 13b".
    fn adjacent(&self, start: usize, style: Option<Style>) -> Option<Rule> {
        let mention = self.next_mention.checked_sub(1).and_then(|last| self.mentions.get(last))?;
        let gap = self.folded.plain.get(mention.end..start)?;
        let is_word = mention.is_short && mention.end - mention.start < 3;
        let free = mention.start >= self.taken && !is_word && matches!(gap, " " | ", " | " (" | ": " | ":" | ",");
        let rule = self.rule_of(mention, style).filter(|_| free)?;
        style.is_none_or(|style| !matches!(rule, Rule::Known(place) if self.laws.get(place).is_some_and(|law| law.style != style))).then_some(rule)
    }

    /// The law of an article that stands alone: one named in the same sentence, else the one that this number belonged to
    /// before, else the one used last. Each must number its articles in this way, and a guess that yields no id is worth
    /// nothing to the reader.
    fn bare(&self, item: &Item, group: &Group) -> Option<Rule> {
        // "Losbl. ..., art. 612, aant. 4" cites a commentary, whose law its title tells.
        let after = self.folded.lower_from(group.end);
        let is_comment = after.starts_with(", aant") || after.starts_with(" aant");
        self.guess(item, group.start).filter(|rule| !is_comment && self.has_id(*rule))
    }

    fn guess(&self, item: &Item, at: usize) -> Option<Rule> {
        // A Roman number belongs to an amending act, which is hardly ever the law in mind.
        if item.number.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let style = Style::of(&item.number);
        let sentence = at - sentence_length(self.folded, at);
        // "Artikel 21 van het Bte, dat ... van de Wte, bepaalt dat de artikelen 22 tot en met 32": the subject's own articles.
        let says = self.folded.lower_before(at, 24);
        if ["bepaalt dat", "bepaald dat", "verklaart"].iter().any(|verb| says.contains(verb))
            && let Some(rule) = self.memory.subject(style, sentence, self.laws)
        {
            return Some(rule);
        }
        if let Some((_, rule)) = self.memory.fitting(style, sentence, self.laws) {
            return Some(rule);
        }
        // Behind a rule without id the number is likely to be of that rule, whatever it meant before.
        let near = self.memory.fitting(style, at.saturating_sub(NEAR), self.laws);
        if near.is_some_and(|(_, rule)| matches!(rule, Rule::Unknown(_) | Rule::Act)) {
            return None;
        }
        if let Some((_, rule)) = self.memory.of_number(&item.number) {
            return Some(rule);
        }
        self.memory.fitting(style, at.saturating_sub(FAR), self.laws).map(|(_, rule)| rule)
    }

    /// Emits an article and its leden, and the articles between it and the one before in a range.
    fn item(&mut self, item: &Item, before: Option<&Item>, rule: Rule, end: usize) {
        self.memory.cite(item.start, rule, &item.number);
        if rule == Rule::Foreign {
            return;
        }
        if let (Some((from, to)), Some(before)) = (item.range, before) {
            for number in between(&before.number, &item.number) {
                let start = from + usize::from(self.folded.plain_from(from).starts_with([' ', '\n']));
                let stop = self.folded.plain.get(start..to).map_or(to, |words| start + words.trim_end().len());
                self.emit(rule, Some(&number), None, start, stop);
            }
        }
        let [first, rest @ ..] = item.leden.as_slice() else {
            self.emit(rule, Some(&item.number), None, item.start, end);
            return;
        };
        let first_end = if rest.is_empty() { end } else { first.end };
        self.emit(rule, Some(&item.number), Some(first), item.start, first_end);
        for (place, lid) in rest.iter().enumerate() {
            let stop = if place + 1 == rest.len() { end } else { lid.end };
            let words = self.folded.plain.get(lid.start..stop.max(lid.end)).unwrap_or_default();
            self.emit(rule, Some(&item.number), Some(lid), lid.start, lid.start + words.trim_end().len());
        }
    }

    fn pointer(&mut self, pointer: &Pointer) {
        if pointer.start < self.taken || self.defined.holds(pointer.start) {
            return;
        }
        let rule = match pointer.points {
            Points::Article => {
                let Some(last) = self.memory.last.clone() else { return };
                if pointer.start.saturating_sub(last.at) > 1500 || last.rule == Rule::Foreign {
                    return;
                }
                self.emit(last.rule, Some(&last.article), pointer.leden.first(), pointer.start, pointer.end);
                return;
            }
            Points::Law(class) => self.memory.of_class(class, pointer.start, FAR),
            Points::Defined(class) => {
                let is_name = self.owners.begins_name(self.folded.plain_from(pointer.start))
                    || super::owner::starting(self.mentions, pointer.start).is_some();
                self.memory.meaning(class).filter(|_| !is_name)
            }
        };
        if let Some(rule) = rule.filter(|rule| *rule != Rule::Foreign) {
            self.memory.name(pointer.start, rule, self.laws);
            self.emit(rule, None, None, pointer.start, pointer.end);
        }
    }

    fn emit(&mut self, rule: Rule, article: Option<&str>, lid: Option<&Lid>, start: usize, end: usize) {
        // Without an article and without an id nothing would be known about it.
        if article.is_none() && matches!(rule, Rule::Unknown(_)) {
            return;
        }
        let (bwb, article, kind) = match rule {
            Rule::Known(place) => {
                let (place, article) = self.in_book(place, article);
                let Some(law) = self.laws.get(place) else { return };
                (law.bwb.clone(), article, law.kind)
            }
            Rule::Unknown(Class::Verordening) => (None, article.map(str::to_owned), "lokaal"),
            Rule::Unknown(Class::Richtlijn) => (None, article.map(str::to_owned), "eu"),
            Rule::Unknown(Class::Verdrag) => (None, article.map(str::to_owned), "verdrag"),
            Rule::Unknown(_) => (None, article.map(str::to_owned), "wet"),
            Rule::Act => (None, article.map(str::to_owned), "eu"),
            Rule::Foreign => return,
        };
        let lid = lid.map(|lid| lid.number.clone());
        self.found.push(Found { start, end, bwb, article, lid, ecli: None, kind });
    }

    /// "6:162" of the Burgerlijk Wetboek is article 162 of book 6, which has an id of its own.
    fn in_book(&self, place: usize, article: Option<&str>) -> (usize, Option<String>) {
        let split = article.and_then(|article| article.split_once(':'));
        let has_books = self.laws.get(place).is_some_and(|law| law.has_books);
        match split {
            Some((book, number)) if has_books => match self.laws.book(place, book) {
                Some(book) => (book, Some(number.to_owned())),
                None => (place, article.map(str::to_owned)),
            },
            Some((_, number)) if self.laws.is_book(place) => (place, Some(number.to_owned())),
            _ => (place, article.map(str::to_owned)),
        }
    }
}

fn is_bare_class(word: &str) -> bool {
    matches!(
        word,
        "Wet" | "Besluit" | "Regeling" | "Verordening" | "Reglement" | "Beschikking" | "Richtlijn" | "Wetboek"
    )
}

/// Bytes from the start of the sentence to here; a sentence longer than a page ends there.
fn sentence_length(folded: &Folded, at: usize) -> usize {
    let window = folded.plain_before(at, 500);
    let mut length = window.len();
    let bytes = window.as_bytes();
    for (place, four) in bytes.windows(4).enumerate() {
        // A full stop ends a sentence when a capital follows; "art. 3" and "Stb. 1995" go on. A quotation may close it.
        let ends = match four {
            [_, b'.' | b';', b' ', c] | [b'.' | b';', b'"', b' ', c] => c.is_ascii_uppercase(),
            // A line that goes on in lower case was only wrapped.
            [_, _, b'\n', c] => !c.is_ascii_lowercase(),
            _ => false,
        };
        if ends {
            length = window.len() - place - 3;
        }
    }
    length
}

/// The whole numbers between two articles; letters between them are not known.
fn between(from: &str, to: &str) -> Vec<String> {
    let parts = |article: &str| -> Option<(String, u32)> {
        let at = article.rfind([':', '.']).map_or(0, |at| at + 1);
        let figures: String = article.get(at..)?.chars().take_while(char::is_ascii_digit).collect();
        Some((article.get(..at)?.to_owned(), figures.parse().ok()?))
    };
    let (Some((front, first)), Some((other, last))) = (parts(from), parts(to)) else { return Vec::new() };
    if front != other && !other.is_empty() {
        return Vec::new();
    }
    let has_letter = to.ends_with(|c: char| c.is_ascii_alphabetic());
    let end = if has_letter { last.saturating_add(1) } else { last };
    (first.saturating_add(1)..end).take(60).map(|number| format!("{front}{number}")).collect()
}
