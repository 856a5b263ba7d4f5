//! Header bytes beyond ASCII, with functions and without.

use serde_json::json;

use crate::edge::raw_bytes;
use crate::raw_origin::RawOrigin;
use crate::stage::{Stage, TRIGGERS, at, document, header, set};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=0\r\nETag: \"\xfc\"\r\n\
    Content-Disposition: attachment; filename=\"caf\xe9.pdf\"\r\nX-Utf8: caf\xc3\xa9\r\n\
    Content-Length: 1\r\n\r\nx";

fn request(name: &[u8]) -> Vec<u8> {
    let head = b"GET /a HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\nX-Name: ";
    [head, name, b"\r\n\r\n"].concat()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[actix_rt::test]
async fn bytes_that_no_function_changed_go_on_as_they_came() {
    let origin = RawOrigin::answering(ANSWER);
    for triggers in [&[][..], &TRIGGERS] {
        let mut behavior = at(triggers);
        behavior["forward"] = json!({"headers": "all"});
        let stage = Stage::passing(document(&origin, behavior)).await;
        for (name, seen) in [(&b"caf\xe9"[..], "caf\u{e9}"), ("caf\u{e9}".as_bytes(), "caf\u{e9}")]
        {
            let answer = raw_bytes(stage.edge.address(), &request(name)).await;
            let shown = answer.escape_ascii();
            for line in [
                &b"\r\nEtag: \"\xfc\"\r\n"[..],
                b"filename=\"caf\xe9.pdf\"\r\n",
                b"\r\nX-Utf8: caf\xc3\xa9\r\n",
            ] {
                assert!(has(&answer, line), "{shown}");
            }
            let sent = origin.requests().pop().unwrap();
            // The origin's record has escapes for bytes that are not UTF-8.
            let noted = sent.replace('\u{e9}', "\\xc3\\xa9");
            let name = format!("X-Name: {}", name.escape_ascii());
            assert!(noted.contains(&name), "{sent}");
            if triggers.is_empty() {
                continue;
            }
            for trigger in TRIGGERS {
                let cf = stage.shown(trigger);
                assert_eq!(header(&cf["request"], "x-name"), seen, "{trigger}");
                if trigger.ends_with("response") {
                    assert_eq!(header(&cf["response"], "etag"), "\"\u{fc}\"", "{trigger}");
                }
            }
        }
        // The origin gets the stored tag byte by byte.
        let sent = origin.requests().pop().unwrap();
        let asked = format!("If-None-Match: {}", b"\"\xfc\"".escape_ascii());
        assert!(sent.contains(&asked), "{sent}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn values_that_a_function_writes_go_on_as_utf8() {
    let origin = RawOrigin::answering(ANSWER);
    let mut behavior = at(&TRIGGERS);
    behavior["forward"] = json!({"headers": "all"});
    let stage = Stage::start(document(&origin, behavior), |trigger, object| {
        set(object, &format!("x-{trigger}"), "\u{e9} \u{10ffe9}");
    })
    .await;
    let answer = raw_bytes(stage.edge.address(), &request(b"\xe9")).await;
    for name in ["Origin-Response", "Viewer-Response"] {
        let line = format!("\r\nX-{name}: \u{e9} \u{10ffe9}\r\n");
        assert!(has(&answer, line.as_bytes()), "{}", answer.escape_ascii());
    }
    let sent = origin.requests().pop().unwrap();
    let written = "\u{e9} \u{10ffe9}".as_bytes().escape_ascii().to_string();
    for name in ["Viewer-Request", "Origin-Request"] {
        assert!(sent.contains(&format!("X-{name}: {written}")), "{sent}");
    }
    assert!(sent.contains("X-Name: \\xe9"), "{sent}");
    stage.stop().await;
}
