//! Tests which behavior each spelling of a path has, and which spelling is passed on.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, document, head};

/// Paths that most servers read as `/private/x`.
const SPELLINGS: [&str; 7] = [
    "/private/x",
    "/%70rivate/x",
    "/%70%72%69%76%61%74%65/%78",
    "/a/../private/x",
    "/a/%2E%2e/private/x",
    "//private/x",
    "/./private/.//x",
];

/// Two behaviors, of which the first guards `/private/*`.
fn guarded(origin: &RawOrigin) -> Value {
    let mut document = document(origin, json!({}));
    let functions = json!({"viewer-request": "f:1", "origin-request": "f:1"});
    document["behaviors"] = json!([
        {"path": "/private/*", "origin": "web", "functions": functions},
        {"path": "*", "origin": "web"},
    ]);
    document
}

/// The answer to a request with exactly this path.
async fn get(stage: &Stage, path: &str) -> String {
    let lines = "Host: d.brink.localhost\r\nConnection: close";
    stage.raw(&format!("GET {path} HTTP/1.1\r\n{lines}\r\n\r\n")).await
}

#[actix_rt::test]
async fn decision_42_a_guard_sees_every_spelling_of_its_paths_as_it_came() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(guarded(&origin)).await;
    for path in SPELLINGS {
        let reply = get(&stage, path).await;
        assert!(reply.contains("X-Cache: Miss from brink\r\n"), "{path}: {reply}");
        for trigger in ["viewer-request", "origin-request"] {
            assert_eq!(stage.shown(trigger)["request"]["uri"], path);
        }
        assert_eq!(stage.ran(), ["viewer-request", "origin-request"], "{path}");
        let sent = origin.requests().pop().unwrap();
        assert!(sent.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{sent}");
        let again = get(&stage, path).await;
        assert!(again.contains("X-Cache: Hit from brink\r\n"), "{path}: {again}");
        assert_eq!(stage.ran(), ["viewer-request"], "{path}");
    }
    for path in ["/private%2Fx", "/private%5Cx", "/a%2F..%2Fprivate/x", "/private/../x"] {
        get(&stage, path).await;
        assert_eq!(stage.ran(), [""; 0], "{path}");
        let sent = origin.requests().pop().unwrap();
        assert!(sent.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{sent}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_42_a_changed_uri_does_not_choose_another_behavior() {
    let (origin, other) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    let mut document = guarded(&origin);
    document["origins"]["other"] = json!({"url": format!("http://127.0.0.1:{}", other.port)});
    document["behaviors"][1]["origin"] = json!("other");
    let stage = Stage::start(document, |trigger, request| {
        if trigger == "viewer-request" {
            request["uri"] = json!("/open//./x");
        }
    })
    .await;
    get(&stage, "/private/x").await;
    assert_eq!(stage.ran(), ["viewer-request", "origin-request"]);
    let sent = head(&origin.requests().pop().unwrap());
    assert!(sent.starts_with("get /open//./x http/1.1\r\n"), "{sent}");
    assert_eq!(other.connections(), 0);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_43_every_spelling_of_the_root_means_the_default_root_object() {
    let origin = RawOrigin::answering(HELLO);
    let mut document = guarded(&origin);
    document["default_root_object"] = json!("index.html");
    let stage = Stage::passing(document).await;
    for (path, result) in
        [("/", "Miss"), ("//", "Hit"), ("/.", "Hit"), ("/%2e", "Hit"), ("/private/..", "Hit")]
    {
        let reply = get(&stage, path).await;
        assert!(reply.contains(&format!("X-Cache: {result} from brink\r\n")), "{path}: {reply}");
    }
    let sent = origin.requests();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].starts_with("GET /index.html HTTP/1.1\r\n"), "{sent:?}");
    // A folder is not the root.
    assert!(get(&stage, "/a/").await.contains("X-Cache: Miss from brink\r\n"));
    assert!(origin.requests()[1].starts_with("GET /a/ HTTP/1.1\r\n"));
    assert_eq!(stage.ran(), [""; 0]);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_43_an_error_page_has_the_behavior_of_its_normal_path() {
    let origin = RawOrigin::answering("HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n");
    let pages = RawOrigin::answering(HELLO);
    let mut document = guarded(&origin);
    document["origins"]["pages"] = json!({"url": format!("http://127.0.0.1:{}", pages.port)});
    document["behaviors"][0]["origin"] = json!("pages");
    document["error_pages"] = json!([{"status": 404, "path": "/a/..//%70rivate/sorry"}]);
    let stage = Stage::passing(document).await;
    assert_eq!(stage.get("/missing").await.text(), "hello");
    assert_eq!(stage.ran(), ["origin-request"]);
    let sent = pages.requests().pop().unwrap();
    assert!(sent.starts_with("GET /a/..//%70rivate/sorry HTTP/1.1\r\n"), "{sent}");
    stage.stop().await;
}

/// The document of [`guarded`], with an origin that has a path of its own.
fn behind_base(origin: &RawOrigin) -> Value {
    let mut document = guarded(origin);
    document["origins"]["web"]["url"] = json!(format!("http://127.0.0.1:{}/base", origin.port));
    document
}

#[actix_rt::test]
async fn decision_61_a_path_that_leads_above_the_root_is_rejected() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(behind_base(&origin)).await;
    for path in [
        "/../base/private/x",
        "/%2e%2e/base/private/x",
        "/.%2E/base/private/x",
        "/a/../../base/private/x",
        "/a//../..//base/private/x",
        "/..%2Fbase/private/x",
        "/a%2f..%2f..%2fbase%2fprivate/x",
        "/..%5cbase/private/x",
        "/a%5cb%2f../../base/private/x",
        "/a/../..",
        "http://d.brink.localhost/../base/private/x",
    ] {
        let reply = get(&stage, path).await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{path}: {reply}");
    }
    assert!(origin.requests().is_empty());
    assert_eq!(stage.ran(), [""; 0]);
    for path in ["/a/../b", "/a%2F..%2Fb", "/...", "/..a/..b", "/a/..%2e/b", "/x?/../.."] {
        let reply = get(&stage, path).await;
        assert!(reply.starts_with("HTTP/1.1 200 "), "{path}: {reply}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_61_a_function_cannot_lead_out_of_the_origins_path() {
    let origin = RawOrigin::answering(HELLO);
    for (at, path, status) in [
        ("viewer-request", "/base", 502),
        ("origin-request", "/base", 502),
        ("viewer-request", "", 200),
        ("origin-request", "", 200),
    ] {
        let mut document = behind_base(&origin);
        document["origins"]["web"]["url"] =
            json!(format!("http://127.0.0.1:{}{path}", origin.port));
        let stage = Stage::start(document, move |trigger, request| {
            if trigger == at {
                request["uri"] = json!("/a/%2e%2e/../secret");
            }
        })
        .await;
        let before = origin.requests().len();
        assert_eq!(stage.get("/private/x").await.status, status, "{at} {path:?}");
        assert_eq!(origin.requests().len() - before, usize::from(status == 200), "{at} {path:?}");
        stage.stop().await;
    }
}
