//! Tests of the codecs and of the way of a body through them.

use std::io::Read as _;
use std::sync::LazyLock;
use std::time::Duration;

use brink_shared::event::Headers;
use brink_shared::registry::distribution::ContentCoding;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use proptest::prelude::*;

use super::pool::PLACES;
use super::*;
use crate::origin::BodyError;

static COMPRESSORS: LazyLock<Compressors> = LazyLock::new(|| Compressors::start().unwrap());

fn begin(coding: ContentCoding, length: usize) -> Compression {
    COMPRESSORS.begin(coding, length as u64, ()).unwrap()
}

fn decoded(coding: ContentCoding, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    match coding {
        ContentCoding::Gzip => flate2::read::GzDecoder::new(body).read_to_end(&mut plain)?,
        ContentCoding::Br => brotli::Decompressor::new(body, 4096).read_to_end(&mut plain)?,
    };
    Ok(plain)
}

/// A body in pieces of these sizes. After each piece that is marked, the source is not ready.
fn source(
    body: &[u8],
    cuts: &[(usize, bool)],
) -> impl futures_util::Stream<Item = Result<Bytes, BodyError>> + Unpin + use<> {
    let mut pieces = Vec::new();
    let mut rest = body;
    for (size, waits) in cuts.iter().cycle() {
        let (piece, later) = rest.split_at(rest.len().min(*size));
        pieces.push((Bytes::copy_from_slice(piece), *waits));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    Box::pin(stream::iter(pieces).then(|(piece, waits)| async move {
        if waits {
            tokio::task::yield_now().await;
        }
        Ok(piece)
    }))
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..3_000),
        prop::collection::vec(prop::sample::select(b"abc <>\n".to_vec()), 0..20_000),
        (0_usize..300_000, 1_u8..40)
            .prop_map(|(length, step)| (0..length).map(|n| (n / 7) as u8 % step).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn decoded_bytes_are_those_of_the_body_however_it_was_cut(
        body in bodies(),
        cuts in prop::collection::vec((1_usize..70_000, any::<bool>()), 1..8),
        is_brotli in any::<bool>(),
    ) {
        let coding = if is_brotli { ContentCoding::Br } else { ContentCoding::Gzip };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let encoded: Vec<Bytes> = runtime.block_on(async {
            compressed(source(&body, &cuts), begin(coding, body.len()))
                .map(|chunk| chunk.unwrap())
                .collect()
                .await
        });
        prop_assert!(encoded.iter().all(|chunk| !chunk.is_empty()));
        let encoded = encoded.concat();
        prop_assert_eq!(&decoded(coding, &encoded).unwrap(), &body);
        // A part is never taken for the whole.
        let cut = encoded.len() - 1;
        prop_assert!(decoded(coding, &encoded[..cut]).is_err());
    }
}

#[tokio::test]
async fn bytes_that_arrived_are_passed_on_while_the_source_waits() {
    for coding in [ContentCoding::Gzip, ContentCoding::Br] {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece: Bytes| (Ok(piece), receiver))
        });
        let mut encoded = Box::pin(compressed(Box::pin(pieces), begin(coding, 5_000)));
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for number in 0..5_u8 {
            let piece = Bytes::from(vec![b'a' + number; 1_000]);
            sent.extend_from_slice(&piece);
            sender.send(piece).await.unwrap();
            let mut plain = Vec::new();
            while plain != sent {
                let next = tokio::time::timeout(Duration::from_secs(20), encoded.next());
                received.extend_from_slice(&next.await.unwrap().unwrap().unwrap());
                plain = partly_decoded(coding, &received);
            }
        }
        drop(sender);
        while let Some(chunk) = encoded.next().await {
            received.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(decoded(coding, &received).unwrap(), sent);
    }
}

/// The beginning of a body that can be decoded so far.
fn partly_decoded(coding: ContentCoding, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let _ = match coding {
        ContentCoding::Gzip => flate2::read::GzDecoder::new(body).read_to_end(&mut plain),
        ContentCoding::Br => brotli::Decompressor::new(body, 1).read_to_end(&mut plain),
    };
    plain
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_with_its_error() {
    for coding in [ContentCoding::Gzip, ContentCoding::Br] {
        let short = BodyError::Short { received: 2_000 };
        let pieces = [Ok(Bytes::from(vec![1; 2_000])), Err(short.clone())];
        let got: Vec<_> = compressed(stream::iter(pieces), begin(coding, 5_000)).collect().await;
        assert_eq!(got.last(), Some(&Err(short)));
        let encoded: Vec<Bytes> = got.into_iter().filter_map(Result::ok).collect();
        assert!(decoded(coding, &encoded.concat()).is_err());
    }
}

#[tokio::test]
async fn there_are_so_many_places_and_each_comes_back() {
    let compressors = Compressors::start().unwrap();
    for _ in 0..2 {
        let begun: Vec<_> =
            (0..PLACES).map(|_| compressors.begin(ContentCoding::Gzip, 1_000, ())).collect();
        assert!(begun.iter().all(Result::is_ok));
        assert!(compressors.begin(ContentCoding::Br, 1_000, ()).is_err_and(|e| e == NoPlace));
    }
    let last = compressors.begin(ContentCoding::Gzip, 1_000, ()).unwrap();
    drop(compressors);
    // The threads have ended.
    let body = stream::iter([Ok(Bytes::from_static(b"late"))]);
    let got: Vec<_> = compressed(body, last).collect().await;
    assert_eq!(got, [Err(BodyError::Compression("the gateway stops".to_owned()))]);
}

#[test]
fn every_listed_type_is_compressed_and_no_other() {
    assert!(rules::TYPES.is_sorted());
    let check = |kind: &str| {
        let headers: Headers = [("Content-Type", kind)].into_iter().collect();
        let ttl = Duration::from_secs(1);
        rules::check(&rules::Facts { status: 200, headers: &headers, length: Some(5_000), ttl })
    };
    for kind in rules::TYPES {
        assert_eq!(check(kind), Ok(()), "{kind}");
        assert_eq!(check(&format!(" {} ; a=\"b;c\"", kind.to_uppercase())), Ok(()), "{kind}");
        assert_eq!(check(&format!("{kind}x")), Err(rules::Exempt::Type), "{kind}");
    }
    for kind in ["", "text/markdown", "text", "*/*", "font/woff2", "video/mp4", "text/html, a"] {
        assert_eq!(check(kind), Err(rules::Exempt::Type), "{kind}");
    }
}

#[test]
fn headers_describe_the_compressed_form() {
    for (lines, expected) in [
        (vec![("ETag", "\"a\"")], vec![("ETag", "W/\"a\""), ("Vary", "Accept-Encoding")]),
        (vec![("ETag", " W/\"a\" ")], vec![("ETag", "W/\"a\""), ("Vary", "Accept-Encoding")]),
        (vec![("ETag", "a")], vec![("Vary", "Accept-Encoding")]),
        (vec![("ETag", "")], vec![("Vary", "Accept-Encoding")]),
        (
            vec![("Content-Length", "5"), ("Accept-Ranges", "bytes"), ("Vary", "*")],
            vec![("Vary", "*")],
        ),
        (vec![("Vary", "a"), ("vary", "b ,")], vec![("Vary", "a, b, Accept-Encoding")]),
        (vec![("Vary", "a, ACCEPT-encoding")], vec![("Vary", "a, ACCEPT-encoding")]),
    ] {
        let plain: Headers = lines.iter().copied().collect();
        let encoded = headers::encoded(&plain, ContentCoding::Br);
        assert_eq!(encoded.get("content-encoding"), Some("br"));
        let rest: Vec<(&str, &str)> = encoded
            .iter()
            .filter(|header| !header.is("content-encoding"))
            .map(|header| (header.key.as_str(), header.value.as_str()))
            .collect();
        assert_eq!(rest, expected, "{lines:?}");
    }
}
