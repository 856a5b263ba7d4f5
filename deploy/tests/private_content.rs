//! Private content with the signers that people use: botocore, the AWS CLI, the AWS SDK for
//! JavaScript, and `brink sign`, over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../worker/tests/support/npm.rs"]
mod npm;
#[path = "../../worker/tests/support/pip.rs"]
mod pip;
#[path = "support/tool.rs"]
mod tool;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tool::{Answer, Running, brink, folder, free_port, get, stderr, stdout};

const PROJECT: &str = r#"
public_keys = { K2RSA = "rsa.pub.pem", K2EC = "ec.pub.pem" }
key_groups = { members = ["K2RSA", "K2EC"] }

[distribution]
id = "shop"

[origins.site]
folder = "site"

[[behaviors]]
path = "/members/*"
origin = "site"
trusted_key_groups = ["members"]

[[behaviors]]
path = "*"
origin = "site"
"#;

const FILE: &str = "/members/a.txt?size=large";

/// A site with private content, and the private keys beside it.
struct Shop {
    dir: tempfile::TempDir,
    address: String,
    _dev: Running,
}

impl Shop {
    fn start() -> Self {
        let dir = folder(&[("brink.toml", PROJECT), ("site/members/a.txt", "for members")]);
        make_keys(dir.path());
        let address = format!("127.0.0.1:{}", free_port());
        let path = dir.path().to_str().unwrap();
        let mut dev = Running::start(&["dev", path, "--listen", &address]);
        dev.line("ready in");
        Self { dir, address, _dev: dev }
    }

    fn url(&self) -> String {
        format!("http://{}{FILE}", self.address)
    }

    fn key(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// The answer to a viewer with a signed URL.
    fn open(&self, url: &str) -> Answer {
        let target = url.strip_prefix("http://").unwrap().strip_prefix(&self.address).unwrap();
        get(&self.address, target, "")
    }

    fn assert_opens(&self, case: &str, url: &str) {
        let answer = self.open(url);
        assert_eq!((answer.status, answer.body.as_str()), (200, "for members"), "{case}: {url}");
        // The same with another signature, and for another file.
        let (before, signature) = url.split_once("Signature=").unwrap();
        let other = if signature.starts_with('M') { "N" } else { "M" };
        let altered = format!("{before}Signature={other}{}", &signature[1..]);
        for url in [altered, url.replace("size=large", "size=small")] {
            let answer = self.open(&url);
            assert_eq!(answer.status, 403, "{case}: {url} {}", answer.body);
        }
    }

    /// Everything that signers are asked for.
    fn wishes(&self) -> Vec<Value> {
        let ends = now() + 3_600;
        let mut wishes = Vec::new();
        for (id, key) in [("K2RSA", "rsa.pem"), ("K2EC", "ec.pem")] {
            for hash in ["SHA1", "SHA256"] {
                let canned = json!({"url": self.url(), "key_pair_id": id, "hash": hash,
                    "private_key": self.key(key), "expires": ends});
                let mut custom = canned.clone();
                custom["resource"] = json!(self.url());
                custom["starts"] = json!(1_600_000_000);
                custom["ip"] = json!("127.0.0.0/8");
                wishes.extend([canned, custom]);
            }
        }
        wishes
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/private_content")
}

fn python(home: &Path) -> Command {
    let mut python = Command::new("python3");
    let packages = pip::installed(&here().join("requirements.txt"));
    python.env("PYTHONPATH", packages).env("HOME", home).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn make_keys(dir: &Path) {
    let status = python(dir).arg(here().join("make_keys.py")).arg(dir).status().unwrap();
    assert!(status.success());
}

/// The lines that a signer writes for these wishes.
fn answers(mut signer: Command, wishes: &[Value]) -> Vec<String> {
    let lines: Vec<String> = wishes.iter().map(Value::to_string).collect();
    let mut child = signer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), wishes.len());
    answers
}

/// The output of `brink sign` for a wish.
fn signed(wish: &Value, more: &[&str]) -> String {
    let text = |key: &str| wish[key].as_str().unwrap().to_owned();
    let mut args = vec!["sign".to_owned(), text("url")];
    for (option, key) in [
        ("--key-pair-id", "key_pair_id"),
        ("--private-key", "private_key"),
        ("--hash", "hash"),
        ("--ip", "ip"),
        ("--resource", "resource"),
        ("--expires", "expires"),
        ("--starts", "starts"),
    ] {
        match &wish[key] {
            Value::Null => {}
            Value::String(text) => args.extend([option.to_owned(), text.to_lowercase()]),
            number => args.extend([option.to_owned(), number.to_string()]),
        }
        if matches!(key, "key_pair_id" | "private_key") {
            *args.last_mut().unwrap() = text(key);
        }
    }
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    let output = brink(&args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

#[test]
fn the_signatures_of_all_signers_open_the_door() {
    let shop = Shop::start();
    let dir = shop.dir.path();
    let closed = get(&shop.address, FILE, "");
    assert_eq!(closed.status, 403);
    assert!(closed.body.contains("<Code>MissingKey</Code>"), "{}", closed.body);
    let wishes = shop.wishes();

    let mut botocore = python(dir);
    botocore.arg(here().join("sign.py"));
    let urls = answers(botocore, &wishes);
    for (wish, url) in wishes.iter().zip(&urls) {
        shop.assert_opens(&format!("botocore {wish}"), url);
        let ours = signed(wish, &[]);
        shop.assert_opens(&format!("brink sign {wish}"), &ours);
        if wish["key_pair_id"] == "K2RSA" {
            assert_eq!(&ours, url, "RSA signatures are the same everywhere");
        }
    }

    let mut sdk = Command::new("node");
    sdk.arg(here().join("sign.cjs")).current_dir(dir);
    sdk.env("NODE_PATH", npm::installed(&here()).join("node_modules"));
    for (wish, line) in wishes.iter().zip(answers(sdk, &wishes)) {
        let answer: Value = serde_json::from_str(&line).unwrap();
        shop.assert_opens(&format!("AWS SDK {wish}"), answer["url"].as_str().unwrap());
        let cookies = answer["cookies"].as_object().unwrap();
        let cookies = cookies.iter().map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        });
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let line = format!("cookie: theme=dark; {cookies}\r\n");
        let answer = get(&shop.address, FILE, &line);
        assert_eq!((answer.status, answer.body.as_str()), (200, "for members"), "{wish}: {line}");
        assert_eq!(get(&shop.address, &FILE.replace("large", "small"), &line).status, 403);
    }

    for wish in &wishes[..2] {
        let mut aws = python(dir);
        aws.args(["-m", "awscli", "cloudfront", "sign", "--url", &shop.url()]);
        aws.args(["--key-pair-id", "K2RSA", "--date-less-than", &wish["expires"].to_string()]);
        aws.args(["--private-key", &format!("file://{}", shop.key("rsa.pem"))]);
        if let Some(ip) = wish["ip"].as_str() {
            let starts = wish["starts"].to_string();
            aws.args(["--ip-address", ip, "--date-greater-than", &starts]);
        }
        let output = aws.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        shop.assert_opens("AWS CLI", &stdout(&output));
        assert_eq!(stdout(&output), signed(wish, &[]));
    }
}

#[test]
fn cookies_open_a_folder_and_private_keys_have_many_forms() {
    let shop = Shop::start();
    let ends = (now() + 3_600).to_string();
    let pattern = format!("http://{}/members/*", shop.address);
    for (id, key) in
        [("K2RSA", "rsa.pem"), ("K2RSA", "rsa8.pem"), ("K2EC", "ec.pem"), ("K2EC", "ec8.pem")]
    {
        let key = shop.key(key);
        let args = ["sign", &pattern, "--key-pair-id", id, "--private-key", &key, "--cookies"];
        let output = brink(&[&args[..], &["--expires", &ends, "--hash", "sha256"]].concat());
        let cookies = stdout(&output).trim_end().replace('\n', "; ");
        assert!(cookies.starts_with("CloudFront-Policy="), "{cookies}{}", stderr(&output));
        let answer = get(&shop.address, FILE, &format!("cookie: {cookies}\r\n"));
        assert_eq!((answer.status, answer.body.as_str()), (200, "for members"), "{id} {key}");
    }
    let key = shop.key("rsa.pem");
    let args = ["sign", &shop.url(), "--key-pair-id", "K2RSA", "--private-key", &key];
    let output = brink(&[&args[..], &["--expires", "1h", "--output", "json"]].concat());
    let printed: Value = serde_json::from_str(&stdout(&output)).unwrap();
    shop.assert_opens("JSON", printed["url"].as_str().unwrap());
    // A policy of one's own is signed as it is.
    let own = shop.key("policy.json");
    let text = json!({"Statement": [{"Resource": shop.url(),
        "Condition": {"DateLessThan": {"AWS:EpochTime": now() + 60}}}]});
    std::fs::write(&own, serde_json::to_string_pretty(&text).unwrap()).unwrap();
    let output = brink(&[&args[..], &["--policy", &own]].concat());
    shop.assert_opens("a policy file", stdout(&output).trim_end());
}

#[test]
fn what_cannot_be_signed_is_refused_with_advice() {
    let dir = folder(&[("brink.toml", PROJECT), ("policy.json", "{}"), ("empty.pem", "")]);
    make_keys(dir.path());
    std::fs::create_dir(dir.path().join("site")).unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let ends = ["--expires", "1900000000"];
    let policy = at("policy.json");
    for (url, key, more, code, says) in [
        ("http://h/a*", "rsa.pem", &ends[..], 2, "--resource"),
        ("h/a", "rsa.pem", &ends[..], 2, "must begin with http:// or https://"),
        ("http://h/a b", "rsa.pem", &ends[..], 2, "write %20"),
        ("http://h/é", "rsa.pem", &ends[..], 2, "beyond ASCII"),
        ("http://h/a?Expires=1", "rsa.pem", &ends[..], 2, "a parameter of a signature already"),
        ("http://h/a", "rsa.pem", &[], 2, "--expires"),
        ("http://h/a", "rsa.pem", &["--expires", "soon"], 2, "2027-01-31"),
        ("http://h/a", "rsa.pem", &["--policy", &policy, "--ip", "10.0.0.1"], 2, "cannot be used"),
        ("http://h/a", "rsa.pem", &["--policy", &policy], 1, "the policy cannot be read"),
        ("http://h/a", "none.pem", &ends[..], 1, "cannot read"),
        ("http://h/a", "empty.pem", &ends[..], 1, "-----BEGIN PRIVATE KEY-----"),
        ("http://h/a", "rsa.pub.pem", &ends[..], 1, "has no private key"),
        ("http://h/a", "ec384.pem", &ends[..], 1, "neither an RSA key nor an ECDSA key on P-256"),
    ] {
        let key = at(key);
        let args = ["sign", url, "--key-pair-id", "K2", "--private-key", &key];
        let output = brink(&[&args[..], more].concat());
        assert_eq!(output.status.code(), Some(code), "{url} {key} {more:?}");
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    // Only public keys of the right kind are taken into a document.
    for (file, says) in [
        ("rsa.pem", "has a RSA PRIVATE KEY, and not a PUBLIC KEY"),
        ("short.pub.pem", "is an RSA key of 1024 bits"),
        ("ec384.pub.pem", "is neither RSA nor ECDSA on P-256"),
        ("empty.pem", "is not PEM"),
        ("none.pem", "cannot be read"),
    ] {
        let project = PROJECT.replace("rsa.pub.pem", file);
        let project = project.replace("folder = \"site\"", "url = \"http://h\"");
        std::fs::write(dir.path().join("brink.toml"), project).unwrap();
        let output = brink(&["distribution", "apply", &at("brink.toml")]);
        let said = stderr(&output);
        assert!(said.contains("public_keys.K2RSA: ") && said.contains(says), "{file}: {said}");
    }
}
