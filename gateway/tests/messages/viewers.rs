//! Answers to viewers of different kinds.

use serde_json::json;

use crate::body;
use crate::edge::{Edge, raw};
use crate::raw_origin::RawOrigin;
use crate::stage::document;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nCache-Control: max-age=0\r\n\
                       Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

#[actix_rt::test]
async fn viewers_of_http_1_0_get_no_chunks() {
    let origin = RawOrigin::answering(CHUNKED);
    for behavior in [json!({}), json!({"forward": {"headers": "all", "cookies": "all"}})] {
        let edge = Edge::start(document(&origin, behavior)).await;
        for more in ["", "Connection: keep-alive\r\n", "TE: chunked\r\n", "Upgrade: websocket\r\n"]
        {
            let request = format!("GET /c HTTP/1.0\r\nHost: d.brink.localhost\r\n{more}\r\n");
            let answer = raw(edge.address(), &request).await;
            let head = answer.to_ascii_lowercase();
            assert!(head.starts_with("http/1.0 200") && !head.contains("chunked"), "{answer}");
            assert_eq!(body(&answer), "hello", "{more}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn an_answer_to_an_old_viewer_does_not_end_other_connections() {
    let origin = RawOrigin::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let edge = Edge::start(document(&origin, json!({}))).await;
    let host = "Host: d.brink.localhost\r\n";
    let kept = format!("GET /a HTTP/1.0\r\n{host}Connection: keep-alive\r\n\r\n").repeat(3);
    let ends = format!("{kept}GET /a HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    for _ in 0..4 {
        let answer = raw(edge.address(), &ends).await;
        assert_eq!(answer.matches("\r\n\r\nok").count(), 4, "{answer}");
        let two = format!("GET /a HTTP/1.1\r\n{host}\r\nGET /a HTTP/1.0\r\n{host}\r\n");
        let answer = raw(edge.address(), &two).await;
        assert_eq!(answer.matches("\r\n\r\nok").count(), 2, "{answer}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_declined_upgrade_leaves_the_answer_whole() {
    let origin = RawOrigin::answering(CHUNKED);
    let edge = Edge::start(document(&origin, json!({}))).await;
    for offer in [
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "Upgrade: websocket\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n",
    ] {
        let request = format!("GET /c HTTP/1.1\r\nHost: d.brink.localhost\r\n{offer}\r\n");
        let answer = raw(edge.address(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        let expected = match answer.contains("Transfer-Encoding: chunked") {
            true => "5\r\nhello\r\n0\r\n\r\n",
            false => "hello",
        };
        assert_eq!(body(&answer), expected, "{offer}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn pipelined_requests_are_answered_one_by_one_each_in_its_own_way() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            let path = request.split(' ').nth(1).unwrap().to_owned();
            // The next request is here before this one is answered.
            std::thread::sleep(std::time::Duration::from_millis(20));
            let length = path.len();
            let body = if request.starts_with("HEAD") { "" } else { &path };
            conn.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"));
        }
    });
    let edge = Edge::start(document(&origin, json!({"methods": "all"}))).await;
    let host = "Host: d.brink.localhost\r\n";
    let requests = format!(
        "GET /first HTTP/1.1\r\n{host}\r\nHEAD /second HTTP/1.1\r\n{host}\r\n\
         POST /third HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\nabc\
         GET /fourth HTTP/1.1\r\n{host}\r\n\r\nGET /last HTTP/1.0\r\n{host}\r\n"
    );
    let answer = raw(edge.address(), &requests).await;
    let bodies: Vec<&str> = answer.split("HTTP/1.").skip(1).map(body).collect();
    assert_eq!(bodies, ["/first", "", "/third", "/fourth", "/last"], "{answer}");
    let asked = origin.requests();
    let asked: Vec<_> = asked.iter().map(|request| request.split(' ').nth(1).unwrap()).collect();
    assert_eq!(asked, ["/first", "/second", "/third", "/fourth", "/last"]);
    edge.stop().await;
}
