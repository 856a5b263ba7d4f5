//! `brink init`, and `brink run` within a project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tool::{brink, command, folder, get, get_until, json_lines, stderr, stdout, write};

/// What each function is told.
const TELL: &str = "exports.handler = async (event, context) => \
    [process.env.A, process.env.B, process.env.KEY, context.memoryLimitInMB, \
     context.getRemainingTimeInMillis() > 1500];";

const PROJECT: &str = r#"
[functions.one]
source = "one"
env = { A = "1", B = "2" }
memory_mb = 256
timeout = "1s"
secrets = ["KEY"]
[functions.two]
source = "two.js"
handler = "two.go"
egress = ["127.0.0.1"]
[functions.twin]
source = "one"
env = { A = "twin" }
[distribution]
id = "shop"
"#;

fn run(dir: &Path, path: &str, more: &[&str]) -> Output {
    let fixed = ["run", path, "--raw", "--events", "events.jsonl"];
    let mut command = command(&[&fixed[..], more].concat());
    command.env("KEY", "secret").current_dir(dir).stdin(Stdio::null()).output().unwrap()
}

fn ok(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(output), stderr(output));
    json_lines(output)[0]["ok"].clone()
}

#[test]
fn a_function_of_a_project_runs_with_its_settings() {
    let dir = folder(&[
        ("brink.toml", PROJECT),
        ("one/index.js", TELL),
        ("one/lib/index.js", TELL),
        (
            "two.js",
            "exports.go = async (url) => { try { return await (await fetch(url)).text() } catch (e) { return String(e.cause ?? e) } };",
        ),
        ("other.js", TELL),
        ("events.jsonl", "{}\n"),
    ]);
    let dir = dir.path();
    let output = run(dir, "one", &["--function", "one"]);
    assert_eq!(ok(&output), json!(["1", "2", "secret", "256", false]));
    assert_eq!(stderr(&output), "note: runs as the function one of brink.toml\n");
    // The handler's file is the function, too, from anywhere.
    let fixed = ["run", "index.js", "--raw", "--events", "../events.jsonl", "--function", "twin"];
    let output =
        command(&fixed).current_dir(dir.join("one")).stdin(Stdio::null()).output().unwrap();
    assert_eq!(ok(&output), json!(["twin", null, null, "128", true]));
    // Options go over it.
    let more = ["--function", "one", "--env", "B=b", "--memory", "300", "--timeout", "4"];
    assert_eq!(ok(&run(dir, "one", &more)), json!(["1", "b", "secret", "300", true]));
    // Other files do not.
    let output = run(dir, "other.js", &[]);
    assert_eq!(ok(&output), json!([null, null, null, "128", true]));
    assert_eq!(stderr(&output), "");
    assert_eq!(ok(&run(dir, "one/lib", &[])), json!([null, null, null, "128", true]));

    for (path, more, why) in [
        (
            "one",
            &[] as &[&str],
            "brink.toml has one (one), twin (one); choose one with --function NAME",
        ),
        (
            ".",
            &[],
            "brink.toml has one (one), twin (one), two (two.js); choose one with --function NAME",
        ),
        ("one", &["--function", "two"], "brink.toml has no [functions.two] with this source"),
    ] {
        let output = run(dir, path, more);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    assert_eq!(ok(&run(dir, ".", &["--function", "twin"]))[0], "twin");
    write(dir, "brink.toml", &PROJECT.replace("\"1s\"", "1"));
    let output = run(dir, "one", &["--function", "one"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("brink.toml:6:11: functions.one.timeout: 1 has no unit; write \"1s\""),
        "{said}"
    );
}

#[test]
fn hosts_that_the_project_lets_a_function_call_can_be_called() {
    let dir = folder(&[
        ("brink.toml", PROJECT),
        ("one/index.js", TELL),
        ("two.js", "exports.go = async (url) => (await fetch(url)).text();"),
    ]);
    let address = served_once();
    write(dir.path(), "events.jsonl", &format!("\"http://{address}/\"\n"));
    assert_eq!(ok(&run(dir.path(), "two.js", &[])), "hello");
}

/// An origin for one request; its address.
fn served_once() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    address
}

#[test]
fn init_makes_a_project_that_runs_and_touches_nothing_that_is_there() {
    let dir = folder(&[]);
    let shop = dir.path().join("My Shop");
    let shop_text = shop.to_str().unwrap();
    let output = brink(&["init", shop_text]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    let command = said.lines().find(|line| line.starts_with("brink run ")).unwrap();
    // The command as it is printed, in a shell, with this program.
    let line = command.replacen("brink", env!("CARGO_BIN_EXE_brink"), 1);
    let ran = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{line}: {}", stderr(&ran));
    let lines = json_lines(&ran);
    assert_eq!(lines[0]["ok"]["status"], "200");
    assert_eq!(lines[1]["ok"]["uri"], "/index.html");
    assert!(stderr(&ran).starts_with("note: runs as the function hello of "), "{}", stderr(&ran));

    let (tool, ready, address) = served::start("dev", &shop);
    assert!(ready.contains("my-shop (2 behaviors, functions hello:1)"), "{ready}");
    assert!(get(&address, "/hello", "").body.starts_with("Hello from the edge"));
    assert!(get(&address, "/", "").body.contains("A site on Brink"));
    assert_eq!(tool.interrupt().0, Some(0));

    std::fs::remove_file(shop.join("brink.toml")).unwrap();
    write(&shop, "function/index.js", "mine");
    let rejected = brink(&["init", shop_text]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(
        stderr(&rejected)
            .contains("already has function/index.js, site/index.html, .gitignore, events.jsonl"),
        "{}",
        stderr(&rejected)
    );
    assert!(!shop.join("brink.toml").exists());
    assert_eq!(std::fs::read_to_string(shop.join("function/index.js")).unwrap(), "mine");
    assert_eq!(brink(&["init", shop_text, "--runtime", "node"]).status.code(), Some(2));
}

/// Needs `node` and `python3` in `PATH` (Debian: `apt-get install nodejs python3`), and curl.
#[test]
fn init_makes_a_project_for_every_runtime() {
    let dir = folder(&[]);
    for (runtime, file) in [
        ("nodejs", "function/index.js"),
        ("python", "function/lambda_function.py"),
        ("provided", "function/bootstrap"),
    ] {
        let made = dir.path().join(runtime);
        let output = brink(&["init", made.to_str().unwrap(), "--runtime", runtime]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let project = std::fs::read_to_string(made.join("brink.toml")).unwrap();
        assert!(project.contains(&format!("\nruntime = \"{runtime}\" ")), "{project}");
        let (function, events) = (made.join("function"), made.join("events.jsonl"));
        assert!(made.join(file).is_file());
        let ran = brink(&["run", function.to_str().unwrap(), "--events", events.to_str().unwrap()]);
        assert_eq!(ran.status.code(), Some(0), "{runtime}: {}{}", stdout(&ran), stderr(&ran));
        let lines = json_lines(&ran);
        let body = lines[0]["ok"]["body"].as_str().unwrap();
        assert!(body.starts_with("Hello from the edge, 203.0.113.178"), "{runtime}: {body}");
        assert_eq!(lines[1]["ok"]["uri"], "/index.html", "{runtime}");
    }

    let (tool, ready, address) = served::start("dev", &dir.path().join("python"));
    assert!(ready.contains("python (2 behaviors, functions hello:1)"), "{ready}");
    assert!(get(&address, "/hello", "").body.starts_with("Hello from the edge"));
    let source = dir.path().join("python/function/lambda_function.py");
    let text = std::fs::read_to_string(&source).unwrap().replace("Hello from", "Greetings from");
    std::fs::write(&source, text).unwrap();
    get_until(&address, "/hello", |answer| answer.body.starts_with("Greetings from the edge"));
    assert_eq!(tool.interrupt().0, Some(0));
}

#[test]
fn an_empty_folder_is_told_about_init() {
    let dir = folder(&[("events.jsonl", "{}\n")]);
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let (empty, events) = (empty.to_str().unwrap(), dir.path().join("events.jsonl"));
    for args in [
        &["dev", empty] as &[&str],
        &["up", empty],
        &["run", empty, "--events", events.to_str().unwrap()],
        &["function", "publish", "a", empty],
        &["function", "publish", "a", "--project", empty],
    ] {
        let output = brink(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = stderr(&output);
        assert!(said.contains(&format!("`brink init {empty}`")), "{args:?}: {said}");
    }
}

#[test]
fn the_first_line_of_dev_says_that_it_is_ready() {
    let dir = served::project();
    let args = [
        "dev".as_ref(),
        dir.path().as_os_str(),
        "--listen".as_ref(),
        "127.0.0.1:0".as_ref(),
        "--verbose".as_ref(),
    ];
    let mut tool = tool::Running::start(&args);
    let first = tool.line("");
    assert!(first.starts_with("ready in"), "{first}");
    let address = first.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
    let hello = get_until(address, "/hello", |answer| answer.status == 200);
    assert!(hello.head.lines().any(|line| line == "x-brink-behavior: /hello"), "{}", hello.head);
    let line = tool.line("/hello");
    assert!(
        line.starts_with("200 GET /hello  LambdaGeneratedResponse  behavior /hello  "),
        "{line}"
    );
    let page = get(address, "/no", "");
    assert_eq!(page.status, 404);
    assert!(page.head.lines().any(|line| line == "x-brink-behavior: *"), "{}", page.head);
    assert!(tool.line("/no").contains("  behavior *  "));
    tool.interrupt();
}
