//! Addresses that can be compared: the same page under two spellings gets one.

/// An address without scheme, fragment, tracking parameters and closing slash; none when it is no http address.
#[must_use]
pub fn comparable(link: &str) -> Option<String> {
    let parsed = url::Url::parse(link.trim()).ok()?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return None;
    }
    let host = parsed.host_str()?.trim_start_matches("www.").to_ascii_lowercase();
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mut pairs: Vec<(String, String)> = parsed
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .map(|(a, b)| (a.into_owned(), b.into_owned()))
        .collect();
    pairs.sort();
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let path = parsed.path().trim_end_matches('/');
    Some(if query.is_empty() { format!("{host}{port}{path}") } else { format!("{host}{port}{path}?{query}") })
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_")
        || matches!(
            name,
            "fbclid" | "gclid" | "mc_cid" | "mc_eid" | "cmpid" | "xtor" | "at_medium" | "at_campaign" | "ref"
        )
}

#[cfg(test)]
mod tests {
    use super::comparable;

    #[test]
    fn one_page_has_one_address() {
        let expected = Some("voorbeeld.nl/a?id=1".to_owned());
        for link in [
            "https://www.voorbeeld.nl/a?id=1",
            "http://voorbeeld.nl/a/?id=1#kop",
            "https://Voorbeeld.nl/a?utm_source=rss&id=1&fbclid=x",
        ] {
            assert_eq!(comparable(link), expected, "{link}");
        }
        assert_eq!(comparable("mailto:a@voorbeeld.nl"), None);
        assert_eq!(comparable("geen adres"), None);
    }
}
