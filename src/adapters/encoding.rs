//! Bytes to text: byte order mark, then the HTTP header, then the XML declaration or the `<meta>` of a web page, then UTF-8,
//! and at last Windows-1252, which never fails. (RFC 7303 section 3, Appendix F of XML 1.0, the HTML standard.)

use std::sync::LazyLock;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use regex::bytes::Regex;

/// The text of a body, without byte order mark. Bytes that are no text in the chosen encoding become U+FFFD.
#[must_use]
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some(text) = utf32(body) {
        return text;
    }
    if let Some((encoding, skip)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(body.get(skip..).unwrap_or_default()).0.into_owned();
    }
    let wide = match body {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => None,
    };
    let stated = wide.or_else(|| content_type.and_then(charset)).or_else(|| declared(body)).or_else(|| meta(body));
    if let Some(encoding) = stated {
        let (text, had_errors) = encoding.decode_without_bom_handling(body);
        if !had_errors {
            return text.into_owned();
        }
    }
    let (text, had_errors) = UTF_8.decode_without_bom_handling(body);
    if !had_errors {
        return text.into_owned();
    }
    stated
        .filter(|encoding| *encoding != UTF_8)
        .unwrap_or(WINDOWS_1252)
        .decode_without_bom_handling(body)
        .0
        .into_owned()
}

/// The character that Windows-1252 means by a byte.
pub(super) fn windows_1252(byte: u8) -> char {
    WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let label = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    Encoding::for_label(label.as_bytes())
}

fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(body.get(..body.len().min(200)).unwrap_or_default()).into_owned();
    let head = head.trim_start();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next()?;
    let label = value.trim_start_matches(quote).split(quote).next()?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A document that could be read so far as bytes is not UTF-16, whatever it says.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

/// `<meta charset>` of a web page, or its older form with `http-equiv`, within the first 4 kB.
fn meta(body: &[u8]) -> Option<&'static Encoding> {
    #[expect(clippy::expect_used, reason = "the pattern is a constant that the tests compile")]
    static META: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i-u)<(?:html|head)\b[\s\S]*?<meta\s[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})"#)
            .expect("a constant pattern")
    });
    let head = body.get(..body.len().min(4_096)).unwrap_or_default();
    let encoding = Encoding::for_label(META.captures(head)?.get(1)?.as_bytes())?;
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

/// UTF-32 is no web encoding and unknown to `encoding_rs`; old feeds use it all the same.
fn utf32(body: &[u8]) -> Option<String> {
    let (big, skip) = match body {
        [0, 0, 0xfe, 0xff, ..] => (true, 4),
        [0xff, 0xfe, 0, 0, ..] => (false, 4),
        [0, 0, 0, b'<', ..] => (true, 0),
        [b'<', 0, 0, 0, ..] => (false, 0),
        _ => return None,
    };
    let units = body.get(skip..)?.chunks_exact(4).map(|unit| {
        let bytes = [unit.first(), unit.get(1), unit.get(2), unit.get(3)].map(|byte| byte.copied().unwrap_or(0));
        let value = if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    Some(units.collect())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn each_way_to_state_an_encoding_is_followed() {
        assert_eq!(decode("é".as_bytes(), None), "é");
        assert_eq!(decode(b"\xef\xbb\xbf<a/>", None), "<a/>");
        assert_eq!(decode(b"\xe9", Some("text/xml; charset=iso-8859-1")), "é");
        assert_eq!(decode(b"<?xml version='1.0' encoding='windows-1252'?>\x80", None).chars().last(), Some('€'));
        let page = b"<html><head><meta http-equiv=x content='text/html; charset=iso-8859-2'></head>\xe8";
        assert_eq!(decode(page, None).chars().last(), Some('č'));
        assert_eq!(decode(b"<\0a\0/\0>\0", None), "<a/>");
        assert_eq!(decode(b"\0\0\0<\0\0\0a", None), "<a");
        assert_eq!(decode(b"caf\xe9", Some("text/xml; charset=utf-8")), "café");
    }
}
