//! The effect of writes on stored copies (RFC 9111, 4.4).

use std::rc::Rc;
use std::sync::mpsc;

use parking_lot::Mutex;
use serde_json::json;

use super::*;

fn all(more: Value) -> Value {
    let mut behavior = more;
    behavior["methods"] = json!("all");
    behavior
}

/// Reads are kept; writes are answered with the status and the lines that the body asks for.
fn resource(request: &str, _: usize) -> String {
    if request.starts_with("GET ") {
        return ok(&["Cache-Control: max-age=60"], "read");
    }
    let (_, wanted) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = wanted.split('|');
    let status = lines.next().unwrap();
    answer(status, &lines.collect::<Vec<_>>(), "written")
}

#[actix_rt::test]
async fn decision_49_a_successful_write_makes_copies_useless() {
    let stand = Stand::start(all(json!({})), resource).await;
    for (method, status, kept) in [
        ("PUT", "200 OK", false),
        ("POST", "201 Created", false),
        ("PATCH", "204 No Content", false),
        ("DELETE", "303 See Other", false),
        ("OPTIONS", "200 OK", true),
        ("POST", "400 Bad Request", true),
        ("PUT", "500 Internal Server Error", true),
    ] {
        stand.get("/a").await;
        stand.get("/b").await;
        stand.edge.request(method, "/a", &[], status.as_bytes()).await;
        let expected = if kept { "Hit" } else { "Miss" };
        assert_eq!(stand.source("/a").await, expected, "{method} {status}");
        assert_eq!(stand.source("/b").await, "Hit");
        assert_eq!(stand.source("/a").await, "Hit");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn every_variant_of_the_resource_goes_and_other_queries_stay() {
    let behavior = all(json!({"cache": {"headers": ["x-user"], "query_strings": "all"}}));
    let stand = Stand::start(behavior, resource).await;
    let variants = [("/a?x=1", "1"), ("/a?x=1", "2"), ("/a?x=2", "1")];
    for (path, user) in variants {
        stand.get_with(path, &[("x-user", user)]).await;
    }
    stand.edge.request("POST", "/a?x=1", &[("x-user", "3")], b"200 OK").await;
    for ((path, user), expected) in variants.into_iter().zip(["Miss", "Miss", "Hit"]) {
        let reply = stand.get_with(path, &[("x-user", user)]).await;
        assert_eq!(source(&reply), expected, "{path} {user}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn resources_of_the_same_host_that_the_answer_names_go_too() {
    let stand = Stand::start(all(json!({})), resource).await;
    let own = stand.edge.address().to_string();
    for (lines, kept) in [
        ("Location: /items/1".to_owned(), false),
        ("Content-Location: items/1?x".to_owned(), false),
        ("Location: ./%69tems//1".to_owned(), false),
        (format!("Location: http://{own}/items/1"), false),
        (format!("Content-Location: http://127.0.0.1:{}/items/1", stand.origin.port), false),
        ("Location: http://elsewhere.example/items/1".to_owned(), true),
        ("Location: http://[broken".to_owned(), true),
    ] {
        stand.get("/items/1").await;
        let body = format!("201 Created|{lines}");
        stand.edge.request("POST", "/items", &[], body.as_bytes()).await;
        let expected = if kept { "Hit" } else { "Miss" };
        assert_eq!(stand.source("/items/1").await, expected, "{lines}");
    }
    stand.stop().await;
}

#[actix_rt::test]
async fn a_fetch_that_a_write_overtook_is_neither_kept_nor_joined() {
    let (go, wait) = mpsc::channel::<()>();
    let (began, begun) = mpsc::channel::<()>();
    let (wait, began) = (Mutex::new(wait), Mutex::new(began));
    let stand = Stand::start(all(json!({})), move |_, before| {
        if before == 0 {
            began.lock().send(()).unwrap();
            wait.lock().recv().unwrap();
        }
        ok(&["Cache-Control: max-age=60"], &format!("version {before}"))
    })
    .await;
    let stand = Rc::new(stand);
    let slow = actix_rt::spawn({
        let stand = stand.clone();
        async move { stand.get("/a").await.text() }
    });
    actix_rt::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    stand.edge.request("PUT", "/a", &[], b"new").await;
    // This request comes after the write, so it must not get the answer of a fetch that began
    // before.
    assert_eq!(stand.get("/a").await.text(), "version 2");
    go.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), "version 0");
    let after = stand.get("/a").await;
    assert_eq!((source(&after).as_str(), after.text().as_str()), ("Hit", "version 2"));
    Rc::into_inner(stand).unwrap().stop().await;
}

#[actix_rt::test]
async fn copies_of_the_default_root_object_go_with_the_root() {
    let all_of_it = json!({"query_strings": "all"});
    let stand = Stand::with(
        json!({
            "default_root_object": "index.html",
            "behaviors": [
                all(json!({"path": "/index.html"})),
                all(json!({"path": "*", "cache": all_of_it})),
            ],
        }),
        resource,
    )
    .await;
    for (path, lines) in [("/?x=1", ""), ("/items", "|Location: /?x=1")] {
        stand.get("/?x=1").await;
        let body = format!("201 Created{lines}");
        stand.edge.request("POST", path, &[], body.as_bytes()).await;
        assert_eq!(stand.source("/?x=1").await, "Miss", "{path}");
        assert_eq!(stand.source("/?x=1").await, "Hit", "{path}");
    }
    stand.stop().await;
}
