//! Which answers are stored, for which requests, and the effect of functions on that.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, at, document, head, header, line, set};

#[actix_rt::test]
async fn decision_13_a_confirmed_copy_is_shown_and_edited_as_it_is_kept() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(if request.contains("If-None-Match: \"v\"") {
                "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\nX-Count: 2\r\n\
                 Cache-Control: max-age=60\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nETag: \"v\"\r\nX-Count: 1\r\nX-Kept: 1\r\n\
                 Cache-Control: max-age=0\r\nContent-Length: 5\r\n\r\nhello"
            });
        }
    });
    let stage = Stage::start(document(&origin, at(&["origin-response"])), |_, response| {
        let count = header(response, "x-count").to_owned();
        set(response, "x-edit", &count);
    })
    .await;
    for (cache, edit) in [("Miss", "1"), ("RefreshHit", "2"), ("Hit", "2")] {
        let reply = stage.get("/a").await;
        assert_eq!(reply.header("x-cache"), format!("{cache} from brink"));
        assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
        assert_eq!((reply.header("x-edit"), reply.header("x-kept")), (edit, "1"), "{cache}");
    }
    assert_eq!(stage.shown("origin-response")["response"]["status"], "200");
    assert_eq!(stage.ran().len(), 2);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_16_errors_that_functions_generate() {
    let origin = RawOrigin::answering(HELLO);
    let generated = || [("", json!({"status": "404", "body": "none"}))];
    for (trigger, page) in [("viewer-request", false), ("origin-request", true)] {
        let mut document = document(&origin, at(&[trigger, "viewer-response"]));
        let behaviors = document["behaviors"].as_array_mut().unwrap();
        behaviors.insert(0, json!({"path": "/sorry", "origin": "web"}));
        document["error_pages"] =
            json!([{"status": 404, "path": "/sorry", "response_status": 200}]);
        let stage = Stage::putting(document, trigger, generated()).await;
        let reply = stage.get("/0").await;
        let expected = if page { (200, "hello") } else { (404, "none") };
        assert_eq!((reply.status, reply.text().as_str()), expected, "{trigger}");
        stage.get("/0").await;
        // Kept for the error's time if the origin-request function made it.
        assert_eq!(stage.ran(), vec![trigger; if page { 1 } else { 2 }]);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_16_a_generated_answer_is_kept_for_the_default_ttl() {
    let origin = RawOrigin::answering(HELLO);
    for (default_ttl, runs) in [("1h", 1), ("0s", 2)] {
        let mut behavior = at(&["origin-request"]);
        behavior["cache"] = json!({"default_ttl": default_ttl});
        let case = [("", json!({"status": "200", "body": "made"}))];
        let stage = Stage::putting(document(&origin, behavior), "origin-request", case).await;
        for _ in 0..2 {
            assert_eq!(stage.get("/0").await.text(), "made");
        }
        assert_eq!(stage.ran().len(), runs, "{default_ttl}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_17_the_viewer_response_goes_by_the_status_of_the_origin() {
    for (status, changed, runs) in
        [(404, "200", false), (503, "302", false), (400, "404", false), (200, "404", true)]
    {
        let origin =
            RawOrigin::answering(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"));
        let behavior = at(&["origin-response", "viewer-response"]);
        let stage = Stage::start(document(&origin, behavior), move |trigger, response| {
            if trigger == "origin-response" {
                response["status"] = json!(changed);
            }
        })
        .await;
        let viewer = |ran: Vec<String>| ran.contains(&"viewer-response".to_owned());
        for _ in ["from the origin", "from the cache"] {
            assert_eq!(stage.get("/a").await.status.to_string(), changed);
            assert_eq!(viewer(stage.ran()), runs, "{status} to {changed}");
        }
        assert_eq!(origin.requests().len(), 1);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_17_a_confirmed_copy_keeps_the_status_of_the_origin() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            let lines = "ETag: \"1\"\r\nCache-Control: max-age=0\r\nContent-Length: 0\r\n\r\n";
            let confirms = request.to_ascii_lowercase().contains("if-none-match");
            let status = if confirms { "304 Not Modified" } else { "404 Not Found" };
            conn.send(format!("HTTP/1.1 {status}\r\n{lines}"));
        }
    });
    let mut document = document(&origin, at(&["origin-response", "viewer-response"]));
    document["error_pages"] = json!([{"status": 404, "min_ttl": "0s"}]);
    let stage = Stage::start(document, |trigger, response| {
        if trigger == "origin-response" {
            response["status"] = json!("200");
        }
    })
    .await;
    for result in ["Miss from brink", "RefreshHit from brink"] {
        let reply = stage.get("/a").await;
        assert_eq!((reply.status, reply.header("x-cache")), (200, result));
        assert_eq!(stage.ran(), ["origin-response"], "{result}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_33_requests_that_wait_together_share_one_generated_answer() {
    let origin = RawOrigin::answering(HELLO);
    let case = [("", json!({"status": "200", "body": "made once"}))];
    let document = document(&origin, at(&["origin-request"]));
    let stage = Stage::putting(document, "origin-request", case).await;
    let replies = futures_util::future::join_all((0..30).map(|_| stage.get("/0"))).await;
    assert!(replies.iter().all(|reply| reply.text() == "made once"));
    assert_eq!(stage.ran(), ["origin-request"]);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_34_some_errors_are_kept_only_for_as_long_as_they_say() {
    for status in [400, 403, 405, 412, 415] {
        for (lifetime, asked) in [("", 2), ("Cache-Control: max-age=60\r\n", 1)] {
            let answer = format!("HTTP/1.1 {status} No\r\n{lifetime}Content-Length: 0\r\n\r\n");
            let origin = RawOrigin::answering(answer);
            let stage = Stage::passing(document(&origin, json!({}))).await;
            for _ in 0..2 {
                assert_eq!(stage.get("/a").await.status, status);
            }
            assert_eq!(origin.requests().len(), asked, "{status} {lifetime}");
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn decision_36_a_min_ttl_overrules_no_store_and_answers_without_asking() {
    for directive in ["no-store", "no-cache", "private"] {
        let origin = RawOrigin::answering(format!(
            "HTTP/1.1 200 OK\r\nCache-Control: {directive}\r\nContent-Length: 5\r\n\r\nhello"
        ));
        for (min_ttl, asked) in [("0s", 2), ("1m", 1)] {
            let before = origin.requests().len();
            let behavior = json!({"cache": {"min_ttl": min_ttl}});
            let stage = Stage::passing(document(&origin, behavior)).await;
            for _ in 0..2 {
                stage.get("/a").await;
            }
            assert_eq!(origin.requests().len() - before, asked, "{directive} {min_ttl}");
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn decision_14_an_error_page_is_fetched_through_its_own_origin_functions() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(if request.starts_with("GET /sorry ") {
                HELLO
            } else {
                "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n"
            });
        }
    });
    let functions: Value = at(&crate::stage::TRIGGERS);
    let mut document = document(&origin, functions.clone());
    let mut page = functions;
    page["path"] = json!("/sorry");
    page["origin"] = json!("web");
    document["behaviors"].as_array_mut().unwrap().insert(0, page);
    document["error_pages"] = json!([{"status": 404, "path": "/sorry", "response_status": 200}]);
    let stage = Stage::start(document, |trigger, object| {
        if object["status"] == "200" {
            object["headers"][format!("x-{trigger}")] = line("1");
        }
    })
    .await;
    let reply = stage.get("/a").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
    let seen = (reply.header("x-origin-response"), reply.header("x-viewer-response"));
    assert_eq!(seen, ("1", ""));
    let origin_side = ["origin-request", "origin-response"];
    assert_eq!(stage.ran(), [&["viewer-request"][..], &origin_side, &origin_side].concat());
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_59_a_part_that_a_function_calls_the_whole_is_not_kept() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            let head = head(&request);
            let kept = "Cache-Control: max-age=60\r\nETag: \"v\"";
            conn.send(if head.contains("\r\nrange: ") {
                let range = "Content-Range: bytes 0-1/5";
                format!("HTTP/1.1 206 Part\r\n{kept}\r\n{range}\r\nContent-Length: 2\r\n\r\nhe")
            } else if head.contains("\r\nif-none-match: ") {
                format!("HTTP/1.1 304 Same\r\n{kept}\r\n\r\n")
            } else {
                format!("HTTP/1.1 200 OK\r\n{kept}\r\nContent-Length: 5\r\n\r\nhello")
            });
        }
    });
    let mut behavior = at(&["origin-response"]);
    behavior["forward"] = json!({"headers": "all"});
    let stage = Stage::start(document(&origin, behavior), |_, object| {
        object["status"] = json!("200");
        object["headers"].as_object_mut().unwrap().remove("content-range");
    })
    .await;
    for (path, name, value, status) in
        [("/a", "Range", "bytes=0-1", 200), ("/b", "If-None-Match", "\"v\"", 304)]
    {
        assert_eq!(stage.get_with(path, &[(name, value)]).await.status, status, "{name}");
        for from in ["Miss", "Hit"] {
            let reply = stage.get(path).await;
            assert_eq!(reply.text(), "hello", "{name}");
            assert!(reply.header("x-cache").starts_with(from), "{name}");
        }
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_49_a_write_whose_path_was_rewritten_makes_its_copies_useless() {
    let origin = RawOrigin::answering(HELLO);
    let mut own = at(&["viewer-request"]);
    own["cache"] = json!({"query_strings": "all"});
    let mut document = document(&origin, own);
    let other = json!({"path": "/inside/*", "origin": "web"});
    document["behaviors"].as_array_mut().unwrap().insert(0, other);
    let stage = Stage::start(document, |_, object| object["uri"] = json!("/inside/a")).await;
    stage.get("/a?x=1").await;
    assert!(stage.get("/a?x=1").await.header("x-cache").starts_with("Hit"));
    stage.post("/a?x=1", b"new").await;
    assert!(stage.get("/a?x=1").await.header("x-cache").starts_with("Miss"));
    stage.stop().await;
}
