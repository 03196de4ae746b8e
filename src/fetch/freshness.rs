//! What a server says about time: how long an answer stays fresh (RFC 9111) and how long to stay away (RFC 9110).

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::header::{CACHE_CONTROL, EXPIRES, HeaderMap, RETRY_AFTER};

use super::text;

/// Nobody who asks to be left alone for longer than this means it.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// An answer that claims to stay fresh for longer is looked at all the same.
const LONGEST_FRESH: SignedDuration = SignedDuration::from_hours(24);

/// How long an answer stays fresh by `Cache-Control: max-age`, or else by `Expires`; at most a day.
pub(super) fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let control = text(headers, CACHE_CONTROL).unwrap_or_default().to_lowercase();
    let has = |name: &str| control.split(',').any(|directive| directive.trim() == name);
    if has("no-store") || has("no-cache") {
        return None;
    }
    let max_age = control.split(',').find_map(|directive| {
        let seconds = directive.trim().strip_prefix("max-age=")?;
        seconds.trim_matches('"').parse::<i64>().ok()
    });
    let fresh = max_age
        .map(SignedDuration::from_secs)
        .or_else(|| text(headers, EXPIRES).and_then(|value| date(&value)).map(|at| at.duration_since(now)))?;
    (fresh > SignedDuration::ZERO).then(|| fresh.min(LONGEST_FRESH))
}

/// `Retry-After` in both forms of RFC 9110 section 10.2.3: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let value = text(headers, RETRY_AFTER)?;
    let value = value.trim();
    let wait = match value.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        Err(_) => date(value)?.duration_since(now),
    };
    (wait >= SignedDuration::ZERO).then(|| wait.min(LONGEST_WAIT))
}

fn date(value: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn both_forms_of_both_headers_are_read() {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().expect("a time");
        let minutes = |found: Option<SignedDuration>| found.map(|found| found.as_mins());
        let fresh = |pairs: &[(&'static str, &str)]| minutes(fresh_for(&headers(pairs), now));
        assert_eq!(fresh(&[("cache-control", "public, max-age=1800")]), Some(30));
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=1800")]), None);
        assert_eq!(fresh(&[("expires", "Mon, 05 Oct 2026 09:00:00 GMT")]), Some(60));
        assert_eq!(fresh(&[("expires", "0")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=99999999999")]), Some(1440));
        let wait = |value: &str| minutes(retry_after(&headers(&[("retry-after", value)]), now));
        assert_eq!(wait("120"), Some(2));
        assert_eq!(wait("Mon, 05 Oct 2026 10:00:00 GMT"), Some(120));
        assert_eq!(wait("Mon, 05 Oct 2020 10:00:00 GMT"), None);
        assert_eq!(wait("straks"), None);
    }
}
