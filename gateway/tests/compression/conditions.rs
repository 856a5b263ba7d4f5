//! Tags, ranges, HEAD, and copies that the origin confirms.

use super::*;

const KEPT: &str = "Cache-Control: max-age=60";
const DATED: &str = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A behavior whose copies are stale at once.
fn stale() -> Value {
    let mut behavior = compressing();
    behavior["cache"]["default_ttl"] = json!("1ms");
    behavior
}

/// Waits until such a copy is stale.
async fn pause() {
    actix_rt::time::sleep(std::time::Duration::from_millis(5)).await;
}

/// The value of a header in a request in lower case.
fn line<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[actix_rt::test]
async fn the_headers_describe_the_compressed_form() {
    let stand = Stand::start(|request, _| {
        let tag = match request.split(['/', ' ']).nth(2).unwrap() {
            "strong" => "\"a\"",
            "weak" => "W/\"a\"",
            _ => "a",
        };
        let tag = format!("ETag: {tag}");
        let lines = [&tag, KEPT, DATED, "Accept-Ranges: bytes", "Vary: Origin, Accept"];
        html(&lines, &text(5_000))
    })
    .await;
    for (path, tag, plain) in
        [("/strong", "W/\"a\"", "\"a\""), ("/weak", "W/\"a\"", "W/\"a\""), ("/none", "", "a")]
    {
        let first = stand.get(path, &[BOTH]).await;
        let then = stand.get(path, &[BOTH]).await;
        for reply in [&first, &then] {
            assert_eq!(reply.header("etag"), tag, "{path}");
            assert_eq!(reply.header("content-encoding"), "br");
            assert_eq!(reply.header("content-type"), "text/html");
            assert_eq!(reply.header("last-modified"), DATE);
            assert_eq!(reply.header("vary"), "Accept-Encoding");
            assert_eq!(reply.header("accept-ranges"), "");
            assert!(decoded(reply) == text(5_000));
        }
        assert_eq!((source(&first), source(&then)), ("Miss", "Hit"));
        assert_eq!(
            (first.header("content-length"), first.header("transfer-encoding")),
            ("", "chunked")
        );
        assert_eq!(then.header("content-length"), then.body.len().to_string());
        assert!(then.body.len() < 2_500, "{}", then.body.len());
        let as_it_is = stand.get(path, &[]).await;
        assert_eq!(as_it_is.header("etag"), plain);
        assert_eq!(as_it_is.header("vary"), "Accept-Encoding");
        assert_eq!(as_it_is.header("accept-ranges"), "bytes");
        assert_eq!(as_it_is.header("content-length"), "5000");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_head_has_the_headers_of_the_compressed_form() {
    let stand = Stand::start(|request, _| {
        let answer = html(&["ETag: \"a\"", KEPT, "Accept-Ranges: bytes"], &text(5_000));
        let end = if request.starts_with("HEAD") { answer.len() - 5_000 } else { answer.len() };
        answer[..end].to_vec()
    })
    .await;
    for (headers, coding, tag, length, ranges) in
        [(&[BOTH] as &[_], "br", "W/\"a\"", "", ""), (&[], "", "\"a\"", "5000", "bytes")]
    {
        for from in ["Miss", "Hit"] {
            let reply = stand.head("/a", headers).await;
            assert_eq!(source(&reply), from);
            assert_eq!(reply.header("content-encoding"), coding);
            assert_eq!(reply.header("etag"), tag);
            assert_eq!(reply.header("content-length"), length);
            assert_eq!(reply.header("accept-ranges"), ranges);
            assert_eq!(reply.header("vary"), "Accept-Encoding");
        }
    }
    let whole = stand.get("/a", &[BOTH]).await;
    assert_eq!((source(&whole), whole.header("etag")), ("Miss", "W/\"a\""));
    assert!(decoded(&whole) == text(5_000));
    stand.stop().await;
}

#[actix_rt::test]
async fn a_viewer_with_the_object_gets_304() {
    let stand = Stand::start(|_, _| html(&["ETag: \"a\"", KEPT, DATED], &text(2_000))).await;
    stand.get("/", &[BOTH]).await;
    for (name, value, status) in [
        ("If-None-Match", "W/\"a\"", 304),
        ("If-None-Match", "\"a\"", 304),
        ("If-None-Match", "\"b\", W/\"a\"", 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", "\"b\"", 200),
        ("If-Modified-Since", DATE, 304),
        ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 200),
    ] {
        let reply = stand.get("/", &[BOTH, (name, value)]).await;
        assert_eq!(reply.status, status, "{name}: {value}");
        assert_eq!((reply.header("etag"), reply.header("vary")), ("W/\"a\"", "Accept-Encoding"));
        // It must not give a coding to a plain body that the viewer has.
        let encoding = if status == 304 { "" } else { "br" };
        assert_eq!(reply.header("content-encoding"), encoding, "{name}: {value}");
        assert_eq!(reply.body.is_empty(), status == 304);
    }
    assert_eq!(stand.asked().len(), 1);
    stand.stop().await;
}

#[actix_rt::test]
async fn ranges_are_of_the_plain_object_only() {
    let whole = text(2_000);
    let body = whole.clone();
    let stand = Stand::start(move |request, _| {
        let lines = ["ETag: \"a\"", KEPT, DATED];
        if request.to_ascii_lowercase().contains("range: bytes=10-19") {
            let lines =
                [&lines[..], &["Content-Type: text/html", "Content-Range: bytes 10-19/2000"]];
            return message("206 Partial Content", &lines.concat(), &body[10..20]);
        }
        html(&lines, &body)
    })
    .await;
    // No copy is kept: the range of the origin is plain.
    let part = stand.get("/", &[BOTH, ("Range", "bytes=10-19")]).await;
    assert_eq!((part.status, part.header("content-encoding")), (206, ""));
    assert_eq!((part.header("etag"), &part.body[..]), ("\"a\"", &whole[10..20]));
    // Parts of it and of the compressed object must not be joined.
    stand.get("/", &[BOTH]).await;
    for headers in [
        vec![("Range", "bytes=10-19")],
        vec![("Range", "bytes=0-")],
        vec![("Range", "bytes=0-9, 20-29")],
        vec![("Range", "bytes=9000-")],
        vec![("Range", "bytes=10-19"), ("If-Range", "\"a\"")],
        vec![("Range", "bytes=10-19"), ("If-Range", "W/\"a\"")],
        vec![("Range", "bytes=10-19"), ("If-Range", DATE)],
    ] {
        let reply = stand.get("/", &[&headers[..], &[BOTH]].concat()).await;
        assert_eq!((reply.status, source(&reply)), (200, "Hit"), "{headers:?}");
        assert_eq!((reply.header("content-encoding"), reply.header("content-range")), ("br", ""));
        assert!(decoded(&reply) == whole, "{headers:?}");
    }
    // The plain object has ranges as ever.
    stand.get("/", &[]).await;
    let part = stand.get("/", &[("Range", "bytes=5-9"), ("If-Range", "\"a\"")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole[5..10]));
    stand.stop().await;
}

#[actix_rt::test]
async fn a_viewer_that_may_have_a_part_of_the_compressed_object_gets_the_whole() {
    let stand = Stand::start(|request, _| {
        let kind = if request.starts_with("GET /text") { "text/html" } else { "image/png" };
        let kind = format!("Content-Type: {kind}");
        let lines = [kind.as_str(), KEPT, DATED];
        if request.to_ascii_lowercase().contains("range: bytes=1000-") {
            let lines = [&lines[..], &["Content-Range: bytes 1000-1999/2000"]].concat();
            return message("206 Partial Content", &lines, &text(2_000)[1_000..]);
        }
        message("200 OK", &lines, &text(2_000))
    })
    .await;
    let rest = ("Range", "bytes=1000-");
    let (by_date, by_tag) = (("If-Range", DATE), ("If-Range", "\"a\""));
    // The second time, the gateway has that part.
    for (path, headers, status, encoding) in [
        ("/image", vec![BOTH, rest, by_date], 206, ""),
        ("/image", vec![BOTH, rest, by_date], 206, ""),
        ("/text1", vec![BOTH, rest, by_date], 200, "br"),
        ("/text2", vec![BOTH, rest], 206, ""),
        ("/text2", vec![BOTH, rest, by_date], 200, "br"),
        ("/text3", vec![BOTH, rest, by_tag], 206, ""),
        ("/text4", vec![rest, by_date], 206, ""),
        ("/text4", vec![rest, by_date], 206, ""),
    ] {
        let reply = stand.get(path, &headers).await;
        let seen = (reply.status, reply.header("content-encoding"));
        assert_eq!(seen, (status, encoding), "{path} {headers:?}");
        let first = if status == 206 { 1_000 } else { 0 };
        assert!(decoded(&reply) == text(2_000)[first..], "{path} {headers:?}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_range_that_is_everything_gets_the_compressed_whole() {
    let stand = Stand::start(|_, _| html(&["ETag: \"a\"", KEPT], &text(2_000))).await;
    for from in ["Miss", "Hit"] {
        let reply = stand.get("/", &[BOTH, ("Range", "bytes=0-")]).await;
        assert_eq!((reply.status, source(&reply)), (200, from));
        assert!(decoded(&reply) == text(2_000));
    }
    assert_eq!(line(&stand.asked()[0], "range"), None);
    stand.stop().await;
}

#[actix_rt::test]
async fn a_head_gets_the_headers_of_the_copy() {
    let stand = Stand::start(|_, _| html(&["ETag: \"a\"", KEPT], &text(2_000))).await;
    let got = stand.get("/", &[BOTH]).await;
    let reply = stand.head("/", &[BOTH]).await;
    assert_eq!((reply.header("content-encoding"), reply.header("etag")), ("br", "W/\"a\""));
    assert_eq!(reply.header("content-length"), got.body.len().to_string());
    assert_eq!((source(&reply), reply.body.len()), ("Hit", 0));
    stand.stop().await;
}

#[actix_rt::test]
async fn the_origin_confirms_its_own_tag() {
    let stand = Stand::with(stale(), |request, before| {
        if request.to_ascii_lowercase().contains("if-none-match: \"a\"\r\n") {
            let count = format!("X-Count: {before}");
            return message("304 Not Modified", &["ETag: \"a\"", &count], b"");
        }
        html(&["ETag: \"a\"", DATED], &text(2_000))
    })
    .await;
    let first = stand.get("/", &[BOTH]).await;
    for count in 1..4 {
        pause().await;
        let reply = stand.get("/", &[BOTH]).await;
        assert_eq!((source(&reply), reply.body == first.body), ("RefreshHit", true));
        assert_eq!(reply.header("x-count"), count.to_string());
        assert_eq!((reply.header("content-encoding"), reply.header("etag")), ("br", "W/\"a\""));
        assert_eq!(reply.header("vary"), "Accept-Encoding");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    }
    let asked = stand.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(line(&asked[1], "if-none-match"), Some("\"a\""));
    assert_eq!(line(&asked[3], "if-none-match"), Some("\"a\""));
    assert!(line(&asked[1], "if-modified-since").is_some());
    // The origin has another object now.
    stand.stop().await;
}

#[actix_rt::test]
async fn a_plain_copy_that_the_origin_confirms_stays_plain() {
    let mut behavior = stale();
    behavior["compress"] = json!(false);
    let stand = Stand::with(behavior.clone(), |request, _| {
        if request.to_ascii_lowercase().contains("if-none-match: \"a\"\r\n") {
            return message("304 Not Modified", &["ETag: \"a\"", "X-Confirmed: 1"], b"");
        }
        html(&["ETag: \"a\""], &text(2_000))
    })
    .await;
    stand.get("/", &[BOTH]).await;
    behavior["compress"] = json!(true);
    stand.edge.apply(document(&stand.origin, behavior)).await;
    // Other paths show when the gateway has the new behavior.
    for number in 0.. {
        let reply = stand.get(&format!("/{number}"), &[BOTH]).await;
        if reply.header("content-encoding") == "br" {
            break;
        }
        pause().await;
    }
    let reply = stand.get("/", &[BOTH]).await;
    assert_eq!((source(&reply), reply.header("x-confirmed")), ("RefreshHit", "1"));
    assert_eq!((reply.header("content-encoding"), reply.header("etag")), ("", "\"a\""));
    assert_eq!(reply.header("vary"), "Accept-Encoding");
    stand.stop().await;
}

#[actix_rt::test]
async fn an_object_that_changed_is_compressed_anew() {
    let stand = Stand::with(stale(), |_, before| {
        html(&[&format!("ETag: \"{before}\"")], &text(2_000 + before))
    })
    .await;
    for count in 0..3 {
        let reply = stand.get("/", &[BOTH]).await;
        assert_eq!((source(&reply), reply.header("etag")), ("Miss", &*format!("W/\"{count}\"")));
        assert!(decoded(&reply) == text(2_000 + count));
        pause().await;
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn an_answer_to_head_confirms_a_compressed_copy_by_its_plain_length() {
    let stand = Stand::with(stale(), |request, before| {
        let lines = ["ETag: \"a\"", &format!("X-Count: {before}")];
        let answer = html(&lines, &text(2_000));
        let end = if request.starts_with("HEAD") { answer.len() - 2_000 } else { answer.len() };
        answer[..end].to_vec()
    })
    .await;
    let first = stand.get("/", &[BOTH]).await;
    pause().await;
    let reply = stand.head("/", &[BOTH]).await;
    assert_eq!((source(&reply), reply.header("x-count")), ("RefreshHit", "1"));
    assert_eq!((reply.header("content-encoding"), reply.header("etag")), ("br", "W/\"a\""));
    assert_eq!(reply.header("content-length"), first.body.len().to_string());
    stand.stop().await;
}

#[actix_rt::test]
async fn a_failing_origin_leaves_the_compressed_copy_in_use() {
    let stand = Stand::with(stale(), |_, before| match before {
        0 => html(&["ETag: \"a\""], &text(2_000)),
        _ => message("503 Down", &[], b"down"),
    })
    .await;
    stand.get("/", &[BOTH]).await;
    for _ in 0..2 {
        pause().await;
        let reply = stand.get("/", &[BOTH]).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, "br"));
        assert!(decoded(&reply) == text(2_000));
    }
    stand.stop().await;
}
