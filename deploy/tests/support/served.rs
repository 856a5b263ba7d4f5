//! A project that is served, and the commands of its cluster.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use brink_testing::process::{descendants, is_alive};
use serde_json::Value;

use crate::tool::{Running, brink, folder, stderr, stdout};

/// A function, a site, and a distribution of both.
pub const PROJECT: &str = r#"
[functions.hello]
source = "hello.js"

[distribution]
id = "shop"

[origins.site]
folder = "site"

[[behaviors]]
path = "/hello"
origin = "site"
[behaviors.functions]
viewer-request = "hello"

[[behaviors]]
path = "*"
origin = "site"
"#;

/// A function that answers with this text.
pub fn hello(text: &str) -> String {
    format!(
        "exports.handler = async () => {{ console.log('ran'); \
         return {{ status: '200', body: '{text}' }}; }};"
    )
}

/// The project's folder.
pub fn project() -> tempfile::TempDir {
    folder(&[("brink.toml", PROJECT), ("hello.js", &hello("one")), ("site/index.html", "<p>page")])
}

/// The address in `ready in 84 ms  http://127.0.0.1:8080  shop (...)`.
fn address(ready: &str) -> String {
    let after = ready.split_once("http://").unwrap_or_else(|| panic!("no address in {ready:?}")).1;
    after.split_whitespace().next().unwrap().to_owned()
}

/// Starts `dev` or `up`; the tool, the line that says it is ready, and the address.
pub fn start(command: &str, dir: &Path) -> (Running, String, String) {
    let mut tool = Running::start(&[
        command.as_ref(),
        dir.as_os_str(),
        "--listen".as_ref(),
        "127.0.0.1:0".as_ref(),
    ]);
    let ready = tool.line("ready in ");
    let address = address(&ready);
    (tool, ready, address)
}

/// Ctrl-C ends the tool soon, and every process that it started.
pub fn ends_and_leaves_nothing(tool: Running) {
    let processes = descendants(tool.pid());
    assert!(!processes.is_empty());
    let (code, took) = tool.interrupt();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(15), "{took:?}");
    let until = Instant::now() + Duration::from_secs(5);
    while processes.iter().any(|pid| is_alive(*pid)) {
        assert!(Instant::now() < until, "processes were left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The commands of one cluster.
pub struct Cluster {
    pub url: String,
}

impl Cluster {
    pub fn run(&self, args: &[&str]) -> Output {
        brink(&[args, &["--nats", &self.url]].concat())
    }

    pub fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        stdout(&output)
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[args, &["--output", "json"]].concat())).unwrap()
    }
}
