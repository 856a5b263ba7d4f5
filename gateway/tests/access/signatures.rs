//! Signed URLs and signed cookies.

use serde_json::{Value, json};

use crate::client;
use crate::edge::{Reply, raw_bytes};
use crate::log;
use crate::raw_origin::RawOrigin;
use crate::signer::{HOST, Hash, Signed, Signer, encoded, now, policy, trusting};
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, head};

const HOUR: u64 = 3_600;

async fn get(stage: &Stage, target: &str, cookies: &str) -> Reply {
    let mut headers = vec![("Host", HOST)];
    if !cookies.is_empty() {
        headers.push(("Cookie", cookies));
    }
    stage.get_with(target, &headers).await
}

pub fn url(target: &str) -> String {
    format!("http://{HOST}{target}")
}

/// A target with the signature's parameters.
pub fn with(target: &str, signed: &Signed) -> String {
    let mark = if target.contains('?') { '&' } else { '?' };
    format!("{target}{mark}{}", signed.query())
}

/// These keys are trusted, and functions change nothing.
pub async fn private(origin: &RawOrigin, signers: &[&Signer], behavior: Value) -> Stage {
    let mut document = document(origin, behavior);
    trusting(&mut document, signers);
    Stage::passing(document).await
}

#[actix_rt::test]
async fn both_policies_keys_hashes_and_carriers_open_the_door() {
    let origin = RawOrigin::answering(HELLO);
    let (rsa, ecdsa) = (Signer::rsa("K2RSA"), Signer::ecdsa("K2ECDSA"));
    let behavior = json!({"cache": {"default_ttl": "0s", "max_ttl": "0s"}});
    let stage = private(&origin, &[&rsa, &ecdsa], behavior).await;
    let ends = now() + HOUR;
    let target = "/a/b%20c.jpg?w=1&h=2";
    for signer in [&rsa, &ecdsa] {
        for hash in [Hash::Sha1, Hash::Sha256] {
            let case = format!("{} {hash:?}", signer.id);
            let canned = signer.canned(hash, &url(target), ends);
            let conditions = json!({
                "DateGreaterThan": {"AWS:EpochTime": 1},
                "IpAddress": {"AWS:SourceIp": "127.0.0.0/8"},
            });
            let custom = policy("http*://shop.example/a/*", ends, conditions);
            let custom = signer.custom(hash, &custom);
            for signed in [&canned, &custom] {
                let reply = get(&stage, &with(target, signed), "").await;
                assert_eq!((reply.status, reply.text().as_str()), (200, "hello"), "{case}");
                let reply = get(&stage, target, &signed.cookies()).await;
                assert_eq!((reply.status, reply.text().as_str()), (200, "hello"), "{case}");
            }
        }
    }
    // Parameters may have any order and place, and escapes that need none.
    let signed = ecdsa.canned(Hash::Sha256, &url("/a?x=1&y=2"), ends);
    let [expires, signature, key, hash] = [0, 1, 2, 3].map(|n| signed.0[n].1.replace('~', "%7E"));
    let target = format!(
        "/a?Hash-Algorithm={hash}&x=1&Key-Pair-Id={key}&Signature={signature}&y=2&Expires={expires}"
    );
    assert_eq!(get(&stage, &target, "").await.status, 200);
    stage.stop().await;
}

#[actix_rt::test]
async fn what_is_not_signed_for_this_viewer_is_refused() {
    log::keep();
    let origin = RawOrigin::answering(HELLO);
    let (trusted, second, other) =
        (Signer::ecdsa("K2TRUSTED"), Signer::ecdsa("K2SECOND"), Signer::ecdsa("K2OTHER"));
    let mut document = document(&origin, at(&TRIGGERS));
    trusting(&mut document, &[&trusted, &second]);
    // The distribution knows the key, but no group of the behavior has it.
    document["public_keys"]["K2OTHER"] = json!(other.public_pem());
    let stage = Stage::passing(document).await;
    let (ends, hash) = (now() + HOUR, Hash::Sha256);
    let good = trusted.canned(hash, &url("/a"), ends);
    let custom = |resource: &str, ends: u64, more: Value| {
        with("/a", &trusted.custom(hash, &policy(&url(resource), ends, more)))
    };
    let altered = {
        let signature = good.value("Signature");
        let last = if signature.starts_with('M') { 'N' } else { 'M' };
        good.clone().with("Signature", &format!("{last}{}", &signature[1..]))
    };
    let longer = (ends + 1).to_string();
    let unknown = Signed(vec![("Policy", "~".into()), ("Key-Pair-Id", trusted.id.into())]);
    let twice = format!("{}&Expires={ends}", with("/a", &good));
    let wide = encoded(policy("*", ends, json!({})).as_bytes());
    let custom_good = trusted.custom(hash, &policy(&url("/a"), ends, json!({})));
    let unreadable = trusted.custom(hash, "not a policy");
    let more = trusted.custom(hash, &policy(&url("/a"), ends, json!({"StringEquals": {}})));
    let cases: Vec<(&str, String, &str)> = vec![
        ("no signature", "/a".into(), "MissingKey"),
        ("only a hash", "/a?Hash-Algorithm=SHA256".into(), "MissingKey"),
        ("no key", with("/a", &good.clone().without("Key-Pair-Id")), "MissingKey"),
        ("an empty key", with("/a", &good.clone().with("Key-Pair-Id", "")), "MissingKey"),
        ("an unknown key", with("/a", &good.clone().with("Key-Pair-Id", "K9")), "InvalidKey"),
        ("another group's key", with("/a", &other.canned(hash, &url("/a"), ends)), "InvalidKey"),
        (
            "the other key's id",
            with("/a", &good.clone().with("Key-Pair-Id", second.id)),
            "AccessDenied",
        ),
        ("no signature part", with("/a", &good.clone().without("Signature")), "MalformedSignature"),
        ("no base64", with("/a", &good.clone().with("Signature", "a+/=")), "MalformedSignature"),
        ("no policy", with("/a", &good.clone().without("Expires")), "AccessDenied"),
        (
            "a policy without base64",
            with("/a", &custom_good.clone().with("Policy", "{}")),
            "MalformedPolicy",
        ),
        ("only a broken policy", with("/a", &unknown), "MalformedSignature"),
        ("an altered signature", with("/a", &altered), "AccessDenied"),
        ("an altered end", with("/a", &good.clone().with("Expires", &longer)), "AccessDenied"),
        (
            "an end that is no number",
            with("/a", &good.clone().with("Expires", "+1")),
            "AccessDenied",
        ),
        ("another policy", with("/a", &custom_good.clone().with("Policy", &wide)), "AccessDenied"),
        ("another path", with("/b", &good), "AccessDenied"),
        ("another query", with("/a?x=1", &good), "AccessDenied"),
        ("another hash", with("/a", &good.clone().with("Hash-Algorithm", "SHA1")), "AccessDenied"),
        (
            "an unknown hash",
            with("/a", &good.clone().with("Hash-Algorithm", "MD5")),
            "AccessDenied",
        ),
        ("no hash", with("/a", &good.clone().without("Hash-Algorithm")), "AccessDenied"),
        ("a parameter twice", twice, "AccessDenied"),
        (
            "an ended canned policy",
            with("/a", &trusted.canned(hash, &url("/a"), now())),
            "AccessDenied",
        ),
        ("an ended policy", custom("/a", now() - 1, json!({})), "AccessDenied"),
        (
            "a policy that has not begun",
            custom("/a", ends, json!({"DateGreaterThan": {"AWS:EpochTime": now() + 60}})),
            "AccessDenied",
        ),
        (
            "another address",
            custom("/a", ends, json!({"IpAddress": {"AWS:SourceIp": "192.0.2.0/24"}})),
            "AccessDenied",
        ),
        ("another resource", custom("/b*", ends, json!({})), "AccessDenied"),
        ("no policy at all", with("/a", &unreadable), "MalformedPolicy"),
        ("a condition that is not known", with("/a", &more), "MalformedPolicy"),
    ];
    for (case, target, code) in &cases {
        let reply = get(&stage, target, "").await;
        let text = reply.text();
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (403, "text/xml"),
            "{case}: {text}"
        );
        assert!(text.contains(&format!("<Error><Code>{code}</Code><Message>")), "{case}: {text}");
        assert_eq!(reply.header("cache-control"), "no-store");
        // A signature in the URL counts, even if there is a better one in cookies.
        if target.contains('&') {
            let cookies = trusted.canned(hash, &url("/a"), ends).cookies();
            assert_eq!(get(&stage, target, &cookies).await.status, 403, "{case}");
        }
    }
    // The URL of another host is another URL.
    let elsewhere = [("Host", "other.example")];
    assert_eq!(stage.get_with(&with("/a", &good), &elsewhere).await.status, 403);
    assert_eq!(stage.ran(), [""; 0], "no function runs");
    assert_eq!(origin.requests().len(), 0);
    assert_eq!(get(&stage, &with("/a", &good), "").await.status, 200);
    let (_, lines) = log::told(async || get(&stage, &with("/b", &good), "").await).await;
    assert!(lines.contains("the signature is not valid for the policy of http://shop.example/b"));
    assert!(!lines.contains(good.value("Signature")), "{lines}");
    stage.stop().await;
}

#[actix_rt::test]
async fn nobody_behind_the_check_sees_the_signature() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let all = json!({
        "functions": at(&TRIGGERS)["functions"],
        "cache": {"query_strings": "all", "cookies": "all", "default_ttl": "1h"},
        "forward": {"headers": "all"},
    });
    let stage = private(&origin, &[&signer], all).await;
    let ends = now() + HOUR;
    let first = signer.canned(Hash::Sha256, &url("/a?x=1"), ends);
    let cookies = format!("own=1; {}; theme=2", first.cookies());
    let reply = get(&stage, &with("/a?x=1", &first), &cookies).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-cache"), "Miss from brink");
    for trigger in ["viewer-request", "origin-request", "viewer-response"] {
        let shown = stage.shown(trigger)["request"].clone();
        assert_eq!(shown["querystring"], "x=1", "{trigger}");
        assert_eq!(shown["headers"]["cookie"][0]["value"], "own=1; theme=2", "{trigger}: {shown}");
    }
    let sent = origin.requests().remove(0);
    assert!(sent.starts_with("GET /a?x=1 HTTP/1.1\r\n"), "{sent}");
    assert!(!sent.contains("CloudFront-") && !sent.contains(signer.id), "{sent}");
    // Another signature, in the other carrier, gets the same object.
    let second = signer.custom(Hash::Sha1, &policy("*", ends, json!({})));
    let target = with("/a?x=1", &second);
    for (target, cookies) in [
        (target.as_str(), "own=1; theme=2".to_owned()),
        ("/a?x=1", format!("{}; own=1; theme=2", second.cookies())),
    ] {
        assert_eq!(get(&stage, target, &cookies).await.header("x-cache"), "Hit from brink");
    }
    // A request without a signature is no hit.
    assert_eq!(get(&stage, "/a?x=1", "own=1; theme=2").await.status, 403);
    stage.stop().await;
}

#[actix_rt::test]
async fn signatures_of_a_target_that_is_not_utf_8_share_one_copy() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let behavior = json!({"cache": {"query_strings": "all", "default_ttl": "1h"}});
    let stage = private(&origin, &[&signer], behavior).await;
    for (ends, source) in [(now() + HOUR, "Miss"), (now() + 2 * HOUR, "Hit")] {
        let signed = signer.canned(Hash::Sha256, &url("/a%E9?x=%FF"), ends).query();
        let request: [&[u8]; 3] = [
            b"GET /a\xe9?x=\xff&",
            signed.as_bytes(),
            b" HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n",
        ];
        let answer = raw_bytes(stage.edge.address(), &request.concat()).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains(&format!("X-Cache: {source} from brink\r\n")), "{answer}");
    }
    let sent = origin.requests();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].starts_with("GET /a%E9?x=%FF HTTP/1.1\r\n"), "{sent:?}");
    stage.stop().await;
}

#[actix_rt::test]
async fn a_behavior_without_key_groups_leaves_the_parameters_alone() {
    let origin = RawOrigin::answering(HELLO);
    let open = json!({"forward": {"query_strings": "all", "cookies": "all"}});
    let stage = Stage::passing(document(&origin, open)).await;
    let reply = get(&stage, "/a?Expires=1&Policy=x", "CloudFront-Policy=y").await;
    assert_eq!(reply.status, 200);
    let sent = origin.requests().remove(0);
    assert!(sent.starts_with("GET /a?Expires=1&Policy=x "), "{sent}");
    assert!(head(&sent).contains("cookie: cloudfront-policy=y"), "{sent}");
    stage.stop().await;
}

#[actix_rt::test]
async fn a_wildcard_does_not_reach_above_its_folder() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let stage = private(&origin, &[&signer], json!({})).await;
    let signed = signer.custom(Hash::Sha256, &policy(&url("/a/*"), now() + HOUR, json!({})));
    for (target, status) in [
        ("/a/b", 200),
        ("/a/b/../c", 200),
        ("/a/%2e%2e/b", 403),
        ("/a/../b", 403),
        ("/a/b/%2e./../b", 403),
        ("/a/x%2F..%2F..%2Fb", 403),
        ("/a/x%5c..%5c..%5cb", 403),
        ("/a/x%2F..%2Fb", 200),
        ("/a/.hidden", 200),
        ("/a/%7Ex", 200),
        ("/A/b", 403),
    ] {
        assert_eq!(get(&stage, &with(target, &signed), "").await.status, status, "{target}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn the_scheme_is_that_of_the_viewers_connection() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let url = format!("http://127.0.0.1:{}", origin.port);
    let mut document = client::document(&url, json!({}));
    trusting(&mut document, &[&signer]);
    let site = client::Site::start(document).await;
    let (hash, ends) = (Hash::Sha256, now() + HOUR);
    let custom = |resource: &str| signer.custom(hash, &policy(resource, ends, json!({})));
    for (case, signed, secure, plain) in [
        ("https", signer.canned(hash, "https://shop.test/a", ends), 200, 403),
        ("http", signer.canned(hash, "http://shop.test/a", ends), 403, 200),
        ("both", custom("http*://shop.test/*"), 200, 200),
        ("only https", custom("https://shop.test/*"), 200, 403),
    ] {
        let target = with("/a", &signed);
        let answer = site.get(&target).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {secure} ")), "{case}: {answer}");
        let reply = site.edge.request("GET", &target, &[("Host", client::SITE)], b"").await;
        assert_eq!(reply.status, plain, "{case}: {}", reply.text());
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn keys_are_rotated_by_their_group() {
    let origin = RawOrigin::answering(HELLO);
    let (old, new) = (Signer::ecdsa("K2OLD"), Signer::ecdsa("K2NEW"));
    let mut both = document(&origin, json!({}));
    trusting(&mut both, &[&old, &new]);
    let mut one = document(&origin, json!({}));
    trusting(&mut one, &[&new]);
    let stage = Stage::passing(both).await;
    let signed =
        |signer: &Signer| with("/a", &signer.canned(Hash::Sha256, &url("/a"), now() + HOUR));
    for signer in [&old, &new] {
        assert_eq!(get(&stage, &signed(signer), "").await.status, 200, "{}", signer.id);
    }
    stage.edge.apply(one).await;
    while get(&stage, &signed(&old), "").await.status != 403 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(get(&stage, &signed(&old), "").await.text().contains("<Code>InvalidKey</Code>"));
    assert_eq!(get(&stage, &signed(&new), "").await.status, 200);
    stage.stop().await;
}

#[actix_rt::test]
async fn an_error_page_needs_no_signature() {
    let origin = RawOrigin::answering(HELLO);
    let signer = Signer::ecdsa("K2");
    let mut document = document(&origin, json!({}));
    trusting(&mut document, &[&signer]);
    let stage = Stage::passing(document.clone()).await;
    document["error_pages"] =
        json!([{"status": 403, "path": "/please-log-in", "response_status": 403}]);
    stage.edge.apply(document).await;
    while get(&stage, "/a", "").await.text() != "hello" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(get(&stage, "/a", "").await.status, 403);
    stage.stop().await;
}
