//! Reads a body within its caps: bytes on the line, bytes after decompression, time and speed.

use std::time::Duration;

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{Instant, timeout},
};

use super::{FetchError, Settings, chain};

/// A line may be slow at first; its speed is measured from here on.
const GRACE: Duration = Duration::from_secs(10);
/// Longest silence inside a body.
const SILENCE: Duration = Duration::from_secs(15);
/// More layers of compression than this are a trick.
const MOST_LAYERS: usize = 2;

/// The bytes as they come over the line.
pub(super) async fn collect(
    answer: &mut reqwest::Response,
    settings: &Settings,
    cap: usize,
) -> Result<Vec<u8>, FetchError> {
    let (started, mut body) = (Instant::now(), Vec::new());
    let stated = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if stated > cap {
        return Err(FetchError::TooLarge(cap));
    }
    loop {
        let left = settings.timeout.saturating_sub(started.elapsed());
        let chunk = timeout(SILENCE.min(left), answer.chunk()).await;
        let Ok(chunk) = chunk else { return Err(FetchError::Timeout(started.elapsed().as_secs())) };
        let chunk = chunk.map_err(|error| FetchError::Damaged(format!("de overdracht brak af ({})", chain(&error))))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > cap {
            return Err(FetchError::TooLarge(cap));
        }
        body.extend_from_slice(&chunk);
        let elapsed = started.elapsed();
        if elapsed > GRACE {
            let speed = u64::try_from(body.len()).unwrap_or(u64::MAX) / elapsed.as_secs().max(1);
            if speed < settings.least_speed {
                return Err(FetchError::TooSlow(speed));
            }
        }
    }
}

/// Undoes `Content-Encoding`, at most `cap` bytes of result. A body that is not compressed, whatever its header says, is
/// taken as it is: servers do that.
pub(super) async fn decode(body: Vec<u8>, encodings: &str, cap: usize) -> Result<Vec<u8>, FetchError> {
    let layers: Vec<String> = encodings
        .split(',')
        .map(|name| name.trim().to_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    if layers.len() > MOST_LAYERS {
        return Err(FetchError::Damaged(format!("{} lagen compressie", layers.len())));
    }
    let mut body = body;
    for layer in layers.iter().rev() {
        body = undo(&body, layer, cap).await?;
    }
    Ok(body)
}

async fn undo(body: &[u8], layer: &str, cap: usize) -> Result<Vec<u8>, FetchError> {
    match (layer, body) {
        (_, []) => Ok(Vec::new()),
        ("gzip" | "x-gzip", [0x1f, 0x8b, ..]) => {
            let mut decoder = GzipDecoder::new(body);
            decoder.multiple_members(true);
            inflate(decoder, cap).await
        }
        ("zstd", [0x28, 0xb5, 0x2f, 0xfd, ..]) => inflate(ZstdDecoder::new(body), cap).await,
        ("br", _) => inflate(BrotliDecoder::new(body), cap).await,
        // "deflate" means the zlib form (RFC 9110 section 8.4.1.2), but some servers send it bare.
        ("deflate", [first, second, ..])
            if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0 =>
        {
            inflate(ZlibDecoder::new(body), cap).await
        }
        ("deflate", _) => inflate(DeflateDecoder::new(body), cap).await,
        ("gzip" | "x-gzip" | "zstd", _) => Ok(body.to_vec()),
        (other, _) => {
            Err(FetchError::Damaged(format!("onbekende compressie '{}'", other.chars().take(20).collect::<String>())))
        }
    }
}

async fn inflate(decoder: impl AsyncRead + Unpin, cap: usize) -> Result<Vec<u8>, FetchError> {
    let mut text = Vec::new();
    let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    let read = decoder.take(most).read_to_end(&mut text).await;
    read.map_err(|error| FetchError::Damaged(format!("de compressie klopt niet ({error})")))?;
    if text.len() > cap { Err(FetchError::TooLarge(cap)) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

    use super::*;

    async fn packed(encoder: impl AsyncRead + Unpin) -> Vec<u8> {
        let (mut encoder, mut bytes) = (encoder, Vec::new());
        encoder.read_to_end(&mut bytes).await.expect("compressed");
        bytes
    }

    #[tokio::test]
    async fn every_compression_is_undone_and_a_bomb_stops_at_the_cap() {
        let text = vec![b'a'; 3_000_000];
        let forms = [
            ("gzip", packed(GzipEncoder::new(text.as_slice())).await),
            ("br", packed(BrotliEncoder::new(text.as_slice())).await),
            ("zstd", packed(ZstdEncoder::new(text.as_slice())).await),
            ("deflate", packed(ZlibEncoder::new(text.as_slice())).await),
            ("deflate", packed(DeflateEncoder::new(text.as_slice())).await),
        ];
        for (name, bytes) in forms {
            assert_eq!(decode(bytes.clone(), name, 3_000_000).await.expect(name).len(), 3_000_000);
            assert_eq!(decode(bytes.clone(), name, 2_999_999).await, Err(FetchError::TooLarge(2_999_999)), "{name}");
            let half = bytes.get(..bytes.len() / 2).expect("half").to_vec();
            assert!(matches!(decode(half, name, 3_000_000).await, Err(FetchError::Damaged(_))), "{name}");
        }
        assert_eq!(decode(b"<rss/>".to_vec(), "gzip", 100).await.expect("plain"), b"<rss/>");
        assert!(decode(b"x".to_vec(), "gzip, gzip, gzip", 100).await.is_err());
        assert!(decode(b"x".to_vec(), "onzin", 100).await.is_err());
    }
}
