//! Every example over HTTP, on the embedded bus and on NATS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod edge;

use brink_shared::registry::Runtime;
use edge::{Edge, On};

/// Runs each of these on both buses.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod embedded {
            $(#[actix_rt::test] async fn $test() { super::$test(super::On::Embedded).await; })*
        }
        mod nats {
            $(#[actix_rt::test] async fn $test() { super::$test(super::On::Nats).await; })*
        }
    };
}

on_both! {
    ab_test_gives_known_visitors_their_variant
    ab_test_assigns_new_visitors_to_both_variants
    ab_test_redirects_and_leaves_the_rest_alone
    device_chooses_the_object_by_user_agent
    bot_images_are_of_the_lowest_resolution
    product_color_follows_the_cookie_among_known_colors
    generated_viewer_answers_each_request_by_itself
    generated_origin_is_computed_once
    token_lets_known_users_through_and_names_them
    token_keeps_users_apart_in_the_cache
    credentials_are_checked_by_a_service
    security_headers_are_on_misses_hits_and_errors
    custom_runtime_answers_by_a_program_of_its_own
}

const CONTROL: &[u8] =
    include_bytes!("../examples/ab-test/site/experiment-group/control-pixel.jpg");
const TREATMENT: &[u8] =
    include_bytes!("../examples/ab-test/site/experiment-group/treatment-pixel.jpg");
const PLAIN: &[u8] = include_bytes!("../examples/ab-test/site/plain.jpg");

async fn ab_test_gives_known_visitors_their_variant(on: On) {
    let edge = Edge::example("ab-test", on).await;
    for (cookie, variant) in
        [("X-Experiment-A=1", CONTROL), ("sid=5; X-Experiment-B=1; lang=en", TREATMENT)]
    {
        for cached in ["Miss from brink", "Hit from brink"] {
            let reply = edge.get("/experiment-pixel.jpg").header("cookie", cookie);
            let reply = reply.send().await;
            assert_eq!(reply.status(), 200, "{reply:?}");
            assert_eq!(reply.header("content-type"), Some("image/jpeg"));
            assert_eq!(reply.header("x-cache"), Some(cached), "{cookie}");
            assert!(reply.body() == variant, "{cookie} got the other variant");
        }
    }
    edge.stop().await;
}

async fn ab_test_assigns_new_visitors_to_both_variants(on: On) {
    let edge = Edge::example("ab-test", on).await;
    let mut control = 0;
    const VISITORS: usize = 64;
    for _ in 0..VISITORS {
        let reply = edge.get("/experiment-pixel.jpg").send().await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        assert!(reply.body() == CONTROL || reply.body() == TREATMENT);
        control += usize::from(reply.body() == CONTROL);
    }
    assert!(0 < control && control < VISITORS, "{control} of {VISITORS}");
    edge.stop().await;
}

async fn ab_test_redirects_and_leaves_the_rest_alone(on: On) {
    let edge = Edge::example("ab-test", on).await;
    for (path, target) in [("/old/page", "/new/page"), ("/old/page?x=1", "/new/page?x=1")] {
        let moved = edge.get(path).send().await;
        assert_eq!(moved.status(), 302, "{moved:?}");
        assert_eq!(moved.header("location"), Some(target));
        assert_eq!(moved.text(), "");
    }
    let plain = edge.get("/plain.jpg").send().await;
    assert!(plain.body() == PLAIN, "{plain:?}");
    assert_eq!(edge.get("/nothing").send().await.status(), 404);
    edge.stop().await;
}

async fn device_chooses_the_object_by_user_agent(on: On) {
    let edge = Edge::example("device", on).await;
    for (agent, device) in [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile/15E148", "phone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5) Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Safari/537.36", "tablet"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "desktop"),
    ] {
        let reply = edge.get("/hero.svg").header("user-agent", agent).send().await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        assert!(reply.text().contains(&format!("hero for {device}<")), "{agent}");
    }
    edge.stop().await;
}

async fn bot_images_are_of_the_lowest_resolution(on: On) {
    let edge = Edge::example("bot-images", on).await;
    for (referer, size) in [
        ("https://www.example.com/gallery", 45_396),
        ("https://crawler.example.net/seen", 229),
        ("https://crawler.example.net.evil.example/", 45_396),
    ] {
        let reply = edge.get("/images/sunset.png").header("referer", referer);
        let reply = reply.send().await;
        assert_eq!(reply.header("content-type"), Some("image/png"));
        assert_eq!(reply.body().len(), size, "{referer}");
    }
    edge.stop().await;
}

async fn product_color_follows_the_cookie_among_known_colors(on: On) {
    let edge = Edge::example("product-color", on).await;
    for (cookie, color) in [
        ("color=red", "red"),
        ("cart=7; color=green", "green"),
        ("color=../../function/index", "blue"),
        ("cart=7", "blue"),
    ] {
        let reply = edge.get("/jacket.svg").header("cookie", cookie).send().await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        assert!(reply.text().contains(&format!("jacket in {color}<")), "{cookie}");
    }
    edge.stop().await;
}

async fn generated_viewer_answers_each_request_by_itself(on: On) {
    let edge = Edge::example("generated-viewer", on).await;
    let first = edge.get("/hello?name=Ada").send().await;
    assert_eq!(first.status(), 200, "{first:?}");
    let generated = Some("LambdaGeneratedResponse from brink");
    assert_eq!(first.header("x-cache"), generated);
    assert_eq!(first.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(first.text().contains("<p>Hello, Ada!</p>"), "{first:?}");
    let second = edge.get("/hello?name=Ada").send().await;
    assert_eq!(second.header("x-cache"), generated);
    assert_ne!(first.text(), second.text(), "the request's id is in the page");
    let markup = edge.get("/hello?name=%3Cscript%3E").send().await;
    assert!(markup.text().contains("Hello, &#60;script&#62;!"), "{markup:?}");
    edge.stop().await;
}

async fn generated_origin_is_computed_once(on: On) {
    let edge = Edge::example("generated-origin", on).await;
    let first = edge.get("/report/2024").send().await;
    assert_eq!(first.status(), 200, "{first:?}");
    assert_eq!(first.json()["year"], 2024);
    let second = edge.get("/report/2024").send().await;
    assert_eq!(second.header("x-cache"), Some("Hit from brink"));
    assert_eq!(first.text(), second.text());
    let other = edge.get("/report/2025").send().await;
    assert_ne!(first.json()["computedBy"], other.json()["computedBy"]);
    let nonsense = edge.get("/report/nonsense").send().await;
    assert_eq!(nonsense.status(), 404);
    edge.stop().await;
}

async fn token_lets_known_users_through_and_names_them(on: On) {
    let edge = Edge::example("token", on).await;
    let bearer = "Bearer demo-token-alice";
    let alice = edge.ask("POST", "/echo/account?x=1").header("authorization", bearer);
    let alice = alice.body("12345").send().await;
    assert_eq!(alice.status(), 200, "{alice:?}");
    let seen = alice.json();
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["path"], "/echo/account");
    assert_eq!(seen["headers"]["x-user"], "alice");
    assert_eq!(seen["headers"].get("authorization"), None);
    assert_eq!(seen["body_bytes"], 5);

    // The viewer's own X-User counts for nothing.
    let bob = edge.get("/echo/account").header("cookie", "a=1; token=demo-token-bob");
    let bob = bob.header("x-user", "alice").send().await;
    assert_eq!(bob.json()["headers"]["x-user"], "bob");
    for (name, value) in [("authorization", "Bearer stolen"), ("x-user", "alice")] {
        let rejected = edge.get("/echo/account").header(name, value).send().await;
        assert_eq!(rejected.status(), 401, "{rejected:?}");
        assert_eq!(rejected.header("www-authenticate"), Some("Bearer"));
    }
    edge.stop().await;
}

async fn token_keeps_users_apart_in_the_cache(on: On) {
    let edge = Edge::example("token", on).await;
    let mut answers = Vec::new();
    for user in ["alice", "bob", "alice", "bob"] {
        let reply = edge.get("/cache/60").header("cookie", &format!("token=demo-token-{user}"));
        let reply = reply.send().await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        answers.push(reply.text().to_owned());
    }
    // The origin counts the requests that reach it.
    assert_eq!(answers, ["1\n", "2\n", "1\n", "2\n"]);
    edge.stop().await;
}

async fn credentials_are_checked_by_a_service(on: On) {
    let mut edge = Edge::example("credentials", on).await;
    let alice = "Basic YWxpY2U6d29uZGVybGFuZA==";
    let page = "/private/index.html";
    let admitted = edge.get(page).header("authorization", alice).send().await;
    assert_eq!(admitted.status(), 200, "{admitted:?}");
    assert!(admitted.text().contains("Only for those who were let in"));

    let anonymous = edge.get(page).send().await;
    assert_eq!(anonymous.status(), 401, "{anonymous:?}");
    let challenge = anonymous.header("www-authenticate");
    assert_eq!(challenge, Some("Basic realm=\"example\""));
    let guess = edge.get(page).header("authorization", "Basic YWxpY2U6Z3Vlc3M=");
    let guess = guess.send().await;
    assert_eq!(guess.status(), 401);
    assert_eq!(guess.text(), "wrong name or password\n");

    // The page is cached by now, and still nobody gets in unasked.
    edge.stop_origins().await;
    let away = edge.get(page).header("authorization", alice).send().await;
    assert_eq!(away.status(), 503, "{away:?}");
    assert_eq!(away.text(), "please try again later\n");
    edge.stop().await;
}

async fn security_headers_are_on_misses_hits_and_errors(on: On) {
    let edge = Edge::example("security-headers", on).await;
    for (path, status, cached) in [
        ("/", 200, Some("Miss from brink")),
        ("/", 200, Some("Hit from brink")),
        ("/nothing", 404, None),
    ] {
        let reply = edge.get(path).send().await;
        assert_eq!(reply.status(), status, "{reply:?}");
        if cached.is_some() {
            assert_eq!(reply.header("x-cache"), cached, "{path}");
        }
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
        let transport = reply.header("strict-transport-security").unwrap();
        assert!(transport.starts_with("max-age=63072000"), "{transport}");
        assert!(reply.header("content-security-policy").is_some());
    }
    edge.stop().await;
}

async fn custom_runtime_answers_by_a_program_of_its_own(on: On) {
    let edge = Edge::examples(&["custom-runtime"], Runtime::Provided, on).await;
    for _ in 0..3 {
        let reply = edge.get("/").send().await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        let expected = "Hello from custom-runtime, which runs as a shell script.\n";
        assert_eq!(*reply.body(), expected);
    }
    let reply = edge.get("/broken").send().await;
    assert_eq!(reply.status(), 503, "{reply:?}");
    assert_eq!(reply.header("x-cache"), Some("LambdaExecutionError from brink"));
    edge.stop().await;
}
