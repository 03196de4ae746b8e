//! What a reader remembers at a place of the text: the laws named so far, which of them a number belonged to, and the
//! article cited last.

use std::collections::HashMap;

use super::laws::{Class, Laws, Style};

/// A rule that was cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// In the table, at this place.
    Known(usize),
    /// Not in the table.
    Unknown(Class),
    /// A regulation or directive of the European Union.
    Act,
    /// No rule at all.
    Foreign,
}

/// The article cited last.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) at: usize,
    pub(super) rule: Rule,
    pub(super) article: String,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Rules in order of their use, with the place.
    uses: Vec<(usize, Rule)>,
    numbers: HashMap<String, (usize, Rule)>,
    classes: HashMap<Class, (usize, Rule)>,
    meanings: HashMap<Class, Rule>,
    pub(super) last: Option<Last>,
}

impl Memory {
    /// Remembers that a rule was named.
    pub(super) fn name(&mut self, at: usize, rule: Rule, laws: &Laws) {
        self.uses.push((at, rule));
        let class = match rule {
            Rule::Known(place) => laws.get(place).map(|law| law.class),
            Rule::Unknown(class) => Some(class),
            Rule::Act | Rule::Foreign => None,
        };
        if let Some(class) = class {
            self.classes.insert(class, (at, rule));
        } else if rule == Rule::Act {
            self.classes.insert(Class::Richtlijn, (at, rule));
            self.classes.insert(Class::Verordening, (at, rule));
        }
    }

    /// Remembers to which rule an article belongs.
    pub(super) fn cite(&mut self, at: usize, rule: Rule, article: &str) {
        self.numbers.insert(article.to_owned(), (at, rule));
        self.last = Some(Last { at, rule, article: article.to_owned() });
    }

    /// From here on the word of a class means this rule.
    pub(super) fn define(&mut self, class: Class, rule: Rule) {
        self.meanings.insert(class, rule);
    }

    /// What the text itself calls "de Wet".
    pub(super) fn meaning(&self, class: Class) -> Option<Rule> {
        self.meanings.get(&class).copied()
    }

    /// The rule of a class that was named last, at most so many bytes before.
    pub(super) fn of_class(&self, class: Class, at: usize, most: usize) -> Option<Rule> {
        let near = |class: Class| self.classes.get(&class).filter(|(place, _)| at.saturating_sub(*place) <= most);
        let found = match class {
            Class::Wet => {
                [near(Class::Wet), near(Class::Wetboek)].into_iter().flatten().max_by_key(|(place, _)| *place)
            }
            other => near(other),
        };
        found.map(|(_, rule)| *rule)
    }

    /// To which rule this number belonged when it was cited last.
    pub(super) fn of_number(&self, article: &str) -> Option<(usize, Rule)> {
        self.numbers.get(article).copied()
    }

    /// The rule used last, not before a byte, that numbers its articles in this style. Only a few are looked at, so that a
    /// long text costs no more than a short one.
    pub(super) fn fitting(&self, style: Style, not_before: usize, laws: &Laws) -> Option<(usize, Rule)> {
        self.recent(not_before).find(|(_, rule)| fits(*rule, style, laws))
    }

    /// The first rule used since a byte that numbers its articles in this style.
    pub(super) fn subject(&self, style: Style, not_before: usize, laws: &Laws) -> Option<Rule> {
        self.recent(not_before).filter(|(_, rule)| fits(*rule, style, laws)).last().map(|(_, rule)| rule)
    }

    fn recent(&self, not_before: usize) -> impl Iterator<Item = (usize, Rule)> {
        self.uses.iter().rev().take(16).take_while(move |(at, _)| *at >= not_before).copied()
    }
}

fn fits(rule: Rule, style: Style, laws: &Laws) -> bool {
    match rule {
        Rule::Known(place) => laws.get(place).is_some_and(|law| law.style == style),
        Rule::Unknown(_) | Rule::Act | Rule::Foreign => style == Style::Plain,
    }
}
