//! Filters over JSON lines: each line by itself, a bad one answered with an error and its number, and the next one goes on.

use std::{
    io::{BufRead, BufReader, Read as _},
    path::Path,
};

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use super::Failure;

/// Longest line of input, in bytes: a line of 10 MB is answered with an error, not with memory.
const LONGEST_LINE: u64 = 4_000_000;

/// Reads a file, or standard input for `-`, and gives every line that is not empty: parsed, or the answer to a bad one.
/// `form` is how a line should look, for that answer.
pub(super) fn each<T: DeserializeOwned>(
    file: &Path,
    form: &str,
    mut take: impl FnMut(Result<T, serde_json::Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut reader: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(std::fs::File::open(file).with_context(|| format!("'{}' openen", file.display()))?))
    };
    for number in 1_u64.. {
        let mut bytes = Vec::new();
        if reader.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST_LINE && !bytes.ends_with(b"\n") {
            reader.skip_until(b'\n')?;
            let error = format!("de regel is langer dan {LONGEST_LINE} bytes");
            take(Err(serde_json::json!({ "line": number, "error": error })))?;
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            continue;
        }
        take(
            serde_json::from_str::<T>(&text)
                .map_err(|error| serde_json::json!({ "line": number, "error": format!("geen {form}: {error}") })),
        )?;
    }
    Ok(())
}
