//! A text in the one form that all patterns are written for: single spaces, plain dashes and quotes, and a lower case of
//! equal length. Every byte knows which characters of the original it stands for.

pub(super) struct Folded {
    /// Case kept; a run of white space is one space, or one line break when it held any.
    pub(super) plain: String,
    /// Lower case, line breaks as spaces; byte for byte as long as `plain`.
    pub(super) lower: String,
    /// Of every byte: first character, first byte and byte after the last in the original.
    origins: Vec<(usize, usize, usize)>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let mut folded = Self {
            plain: String::with_capacity(text.len()),
            lower: String::with_capacity(text.len()),
            origins: Vec::with_capacity(text.len()),
        };
        for (index, (byte, c)) in text.char_indices().enumerate() {
            let origin = (index, byte, byte + c.len_utf8());
            match c {
                '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' => {}
                _ if c.is_whitespace() => folded.space(c, origin),
                '‘' | '’' | '‚' | '‛' | '´' | '`' => folded.push('\'', origin),
                '“' | '”' | '„' | '‟' | '«' | '»' => folded.push('"', origin),
                '‐' | '‑' | '‒' | '–' | '—' | '−' => folded.push('-', origin),
                'º' => folded.push('°', origin),
                _ => folded.push(c, origin),
            }
        }
        folded
    }

    fn space(&mut self, c: char, origin: (usize, usize, usize)) {
        let breaks = matches!(c, '\n' | '\u{2028}' | '\u{2029}');
        if self.plain.ends_with([' ', '\n']) {
            if breaks && self.plain.ends_with(' ') {
                self.plain.pop();
                self.plain.push('\n');
            }
            return;
        }
        self.plain.push(if breaks { '\n' } else { ' ' });
        self.lower.push(' ');
        self.origins.push(origin);
    }

    fn push(&mut self, c: char, origin: (usize, usize, usize)) {
        let mut small = c.to_lowercase();
        let lower = match (small.next(), small.next()) {
            (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
            _ => c,
        };
        self.plain.push(c);
        self.lower.push(lower);
        self.origins.extend(std::iter::repeat_n(origin, c.len_utf8()));
    }

    /// Lower-case text from a byte on; empty beyond the end.
    pub(super) fn lower_from(&self, at: usize) -> &str {
        self.lower.get(at..).unwrap_or_default()
    }

    /// Text from a byte on; empty beyond the end.
    pub(super) fn plain_from(&self, at: usize) -> &str {
        self.plain.get(at..).unwrap_or_default()
    }

    /// At most so many bytes before a byte, lower case.
    pub(super) fn lower_before(&self, at: usize, most: usize) -> &str {
        window(&self.lower, at, most)
    }

    /// At most so many bytes before a byte, case kept.
    pub(super) fn plain_before(&self, at: usize, most: usize) -> &str {
        window(&self.plain, at, most)
    }

    /// True when no letter or figure touches the stretch, so that it is a word of its own. A hyphen with a letter behind
    /// it makes a compound ("Awb-procedure"), which names no law.
    pub(super) fn is_whole(&self, start: usize, end: usize) -> bool {
        let mut before = self.plain.get(..start).unwrap_or_default().chars().rev();
        let mut after = self.plain_from(end).chars();
        let joined = |first: Option<char>, second: Option<char>| match first {
            Some('-') => second.is_some_and(char::is_alphanumeric),
            Some('\'') => second.is_some_and(|c| c == 's'),
            Some(c) => c.is_alphanumeric(),
            None => false,
        };
        let front = before.next();
        let in_front = front != Some('\'') && joined(front, before.next());
        let next = after.next();
        !in_front && !joined(next, after.next())
    }

    /// First character and character after the last in the original.
    pub(super) fn chars(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.origins.get(start).map_or(0, |origin| origin.0);
        let last = end.checked_sub(1).and_then(|last| self.origins.get(last)).map_or(first, |origin| origin.0 + 1);
        (first, last.max(first))
    }

    /// The stretch as it stands in the original.
    pub(super) fn original<'text>(&self, text: &'text str, start: usize, end: usize) -> &'text str {
        let first = self.origins.get(start).map_or(0, |origin| origin.1);
        let last = end.checked_sub(1).and_then(|last| self.origins.get(last)).map_or(first, |origin| origin.2);
        text.get(first..last).unwrap_or_default()
    }
}

fn window(text: &str, at: usize, most: usize) -> &str {
    let from = (at.saturating_sub(most)..=at).find(|byte| text.is_char_boundary(*byte)).unwrap_or(at);
    text.get(from..at).unwrap_or_default()
}
