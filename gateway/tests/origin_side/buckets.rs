//! Buckets whose requests are signed, against a store that checks signatures with botocore.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use brink_gateway::gateway::OriginIdentity;
use brink_gateway::origin::{
    AwsCredentials, AwsKeys, AwsSettings, OriginAccess, OriginRequest, OriginTls, OutgoingBody,
    Signing,
};
use brink_shared::event::{AuthMethod, Headers, Origin, S3Origin};
use brink_shared::registry::distribution::SigningBehavior;
use bytes::Bytes;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::node_origins::fetch;
use crate::edge::Edge;
use crate::pip;

const BUCKET: &str = "photos.s3.eu-west-1.amazonaws.com";

/// Generated requests, unless `PROPTEST_CASES` says another number.
const CASES: u32 = 300;

struct Store {
    port: u16,
    _process: Child,
}

impl Store {
    fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/origin_side");
        let packages = pip::installed(&here.join("requirements.txt"));
        let mut process = Command::new("python3")
            .arg(here.join("s3_store.py"))
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the store of this test needs `python3` in PATH");
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { port: port.trim().parse().unwrap(), _process: process }
    }
}

fn credentials(is_temporary: bool) -> Arc<AwsCredentials> {
    let (key_id, secret) =
        if is_temporary { ("AKIDTWO", "two") } else { ("AKIDONE", "secret/one+1") };
    let token = is_temporary.then(|| "token/of+two==".to_owned().into());
    Arc::new(AwsCredentials { key_id: key_id.to_owned(), secret: secret.to_owned().into(), token })
}

fn request(store: &Store, method: &str, uri: String, querystring: String) -> OriginRequest {
    let signing = Signing {
        behavior: SigningBehavior::Always,
        region: "eu-west-1".to_owned(),
        credentials: Ok(credentials(false)),
    };
    OriginRequest {
        origin: Origin::S3(S3Origin {
            auth_method: AuthMethod::None,
            custom_headers: Headers::new(),
            domain_name: BUCKET.to_owned(),
            path: String::new(),
            region: "eu-west-1".to_owned(),
        }),
        endpoint: Some(format!("http://127.0.0.1:{}", store.port).parse().unwrap()),
        connect_timeout: std::time::Duration::from_secs(10),
        attempts: 1,
        completion_timeout: None,
        access: OriginAccess { signing: Some(Box::new(signing)), ..Default::default() },
        method: method.to_owned(),
        uri,
        querystring,
        headers: [("Host", BUCKET)].into_iter().collect(),
        body: OutgoingBody::Empty,
        is_upgrade: false,
        is_call: false,
    }
}

/// Characters that URLs have and should not have.
const TEXT: &str = "([a-zA-Z0-9._~!$'()*,;:@/-]|%[0-9a-fA-F]{2}|[%+ {}|\\^\"<>éß漢😀]){0,24}";
const QUERY: &str = "(([a-zA-Z0-9._~-]|%[0-9a-fA-F]{2}|[%+ !'()*:@/?é]){0,8}[=&]?){0,6}";
const VALUE: &str = "[a-zA-Z0-9 \t,;=\"/()+-]{0,24}";

#[actix_rt::test]
async fn botocore_makes_the_same_signatures() {
    let store = Store::start();
    let client = brink_gateway::origin::OriginClient::new(OriginTls::trusting([]).unwrap());
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let mut runner = TestRunner::default();
    let methods = prop::sample::select(vec!["GET", "HEAD", "PUT", "DELETE", "POST"]);
    let extra = prop::collection::vec(
        (prop::sample::select(vec!["Range", "X-Amz-Meta-Note", "x-amz-acl", "Accept"]), VALUE),
        0..4,
    );
    let drawn = (methods, TEXT, QUERY, extra, any::<bool>());
    for _ in 0..cases.unwrap_or(CASES) {
        let (method, path, query, extra, is_temporary) =
            drawn.new_tree(&mut runner).unwrap().current();
        let mut asked = request(&store, method, format!("/{path}"), query.clone());
        if let Some(signing) = &mut asked.access.signing {
            signing.credentials = Ok(credentials(is_temporary));
        }
        for (name, value) in &extra {
            asked.headers.append(*name, value.trim());
        }
        if method == "PUT" {
            asked.body = OutgoingBody::Whole(Bytes::from_static(b"body"));
        }
        let (status, _, body) = fetch(&client, asked).await.unwrap();
        let told = String::from_utf8_lossy(&body);
        assert_eq!(status, 200, "{method} /{path:?}?{query:?} {extra:?}: {told}");
    }
}

#[actix_rt::test]
async fn a_signature_covers_what_is_sent() {
    let store = Store::start();
    let client = brink_gateway::origin::OriginClient::new(OriginTls::trusting([]).unwrap());
    // The hash of the body that the request states goes on, and is signed.
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let mut put = request(&store, "PUT", "/a".into(), String::new());
    put.headers.append("X-Amz-Content-Sha256", hash);
    let (status, _, body) = fetch(&client, put).await.unwrap();
    let told: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &told["headers"]["x-amz-content-sha256"]), (200, &json!(hash)));
    // The store is not just friendly.
    let mut wrong = request(&store, "GET", "/a".into(), String::new());
    let mut other = AwsCredentials::clone(&credentials(false));
    other.secret = "wrong".to_owned().into();
    wrong.access.signing.as_mut().unwrap().credentials = Ok(Arc::new(other));
    assert_eq!(fetch(&client, wrong).await.unwrap().0, 403);
    let mut elsewhere = request(&store, "GET", "/a".into(), String::new());
    elsewhere.access.signing.as_mut().unwrap().region = "us-east-1".to_owned();
    assert_eq!(fetch(&client, elsewhere).await.unwrap().0, 403);
}

const KEYS: &str = "[default]\naws_access_key_id = AKIDONE\naws_secret_access_key = secret/one+1\n";

#[actix_rt::test]
async fn a_distribution_reads_and_writes_a_private_bucket() {
    let store = Store::start();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), KEYS).unwrap();
    let settings = AwsSettings { credentials: Some(file.path().to_owned()), profile: None };
    let identity = OriginIdentity { aws: AwsKeys::new(&settings, |_| None), ..Default::default() };
    let endpoint = format!("http://127.0.0.1:{}", store.port);
    let bucket = |behavior: &str| json!({"s3": BUCKET, "path": "/site", "endpoint": endpoint, "signing_behavior": behavior});
    let forward = json!({"query_strings": "all"});
    let behavior = |path: &str, origin: &str| {
        json!({"path": path, "origin": origin, "methods": "all", "forward": forward,
               "cache": {"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s",
                         "headers": ["Authorization"]},
               "functions": {"origin-request": "f:1"}})
    };
    let document = json!({
        "id": "d",
        "origins": {"always": bucket("always"), "no-override": bucket("no-override"),
                    "never": bucket("never")},
        "behaviors": [behavior("/never/*", "never"), behavior("/own/*", "no-override"),
                      behavior("*", "always")],
    });
    let (shown, events) = std::sync::mpsc::channel();
    let function = move |event: Value| {
        shown.send(event.to_string()).unwrap();
        event["Records"][0]["cf"]["request"].clone()
    };
    let edge = Edge::with_identity(identity, document, function).await;
    let told =
        |reply: &crate::edge::Reply| -> Value { serde_json::from_slice(&reply.body).unwrap() };

    let get = edge.get("/a%20(1)+b.txt?x=1").await;
    assert_eq!(get.status, 200, "{}", told(&get));
    assert_eq!(told(&get)["path"], "/site/a%20%281%29%2Bb.txt?x=1");
    assert_eq!(told(&get)["headers"]["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    let range = edge.request("GET", "/r", &[("Range", "bytes=0-3")], b"").await;
    assert_eq!((range.status, range.body.len()), (206, 4));
    let put = edge.request("PUT", "/upload", &[], &[7; 100_000]).await;
    assert_eq!((put.status, &told(&put)["bytes"]), (200, &json!(100_000)));

    let own = [("Authorization", "Basic dmlld2Vy")];
    let replaced = edge.request("GET", "/a", &own, b"").await;
    assert_eq!(replaced.status, 200, "always: {}", told(&replaced));
    let kept = edge.request("GET", "/own/a", &own, b"").await;
    assert_eq!((kept.status, &told(&kept)["authorization"]), (403, &json!(own[0].1)));
    assert_eq!(edge.get("/own/a").await.status, 200);
    assert_eq!(told(&edge.get("/never/a").await)["authorization"], Value::Null);

    let events: Vec<String> = events.try_iter().collect();
    assert!(!events.is_empty());
    for event in events {
        assert!(!event.contains("secret/one") && !event.contains("AWS4-HMAC"), "{event}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn without_credentials_a_signed_bucket_is_not_asked() {
    let store = Store::start();
    let bucket = json!({"s3": BUCKET, "signing_behavior": "always",
                        "endpoint": format!("http://127.0.0.1:{}", store.port)});
    let document = json!({"id": "d", "origins": {"b": bucket},
                          "behaviors": [{"path": "*", "origin": "b"}]});
    let edge = Edge::with_identity(OriginIdentity::default(), document, |event| event).await;
    assert_eq!(edge.get("/a").await.status, 502);
    edge.stop().await;
}
