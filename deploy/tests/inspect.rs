//! `brink dev --inspect`: debuggers attach to functions, and nothing ends while they look.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "inspect/cdp.rs"]
mod cdp;
#[path = "inspect/dap.rs"]
mod dap;
#[path = "inspect/python.rs"]
mod python;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use cdp::Cdp;
use dap::Dap;
use served::{PROJECT, ends_and_leaves_nothing};
use tool::{Answer, Running, brink, folder, get, stderr, write};

/// The timeout of the functions here.
const TIMEOUT: Duration = Duration::from_millis(200);

/// How long a gateway waits for a function of [`TIMEOUT`] that nobody debugs.
const GATEWAY_WAITS: Duration = Duration::from_millis(5_200);

/// Fields of the functions in [`PROJECT`].
const SETTINGS: &str = "timeout = \"200ms\"\nruntime = ";

/// The project with a function in this file and runtime.
fn project(file: &str, runtime: &str, text: &str) -> tempfile::TempDir {
    let source = format!("source = \"{file}\"\n{SETTINGS}{runtime:?}");
    let project = PROJECT.replace("source = \"hello.js\"", &source);
    folder(&[("brink.toml", &project), (file, text), ("site/index.html", "page")])
}

/// A handler whose third line has the text that it answers with.
fn node(text: &str) -> String {
    format!(
        "exports.handler = async (event) => {{\n  const body = '{text}';\n  \
         return {{ status: '200', body }};\n}};\n"
    )
}

struct Dev {
    tool: Running,
    /// The address of the gateway.
    address: String,
    /// The address of the inspector of the function `hello`.
    inspector: String,
}

impl Dev {
    fn start(dir: &Path, option: &str, variables: &[(&str, &str)]) -> Self {
        let dir = dir.to_str().unwrap();
        let mut tool =
            Running::start_with(&["dev", dir, "--listen", "127.0.0.1:0", option], variables);
        let line = tool.line("function hello: ");
        let at = line.find("127.0.0.1:").unwrap_or_else(|| panic!("{line}"));
        let inspector = line[at..].split_whitespace().next().unwrap().to_owned();
        let ready = tool.line("ready in");
        let address = ready.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
        Self { tool, address: address.to_owned(), inspector }
    }

    /// A viewer who waits for the function.
    fn ask(&self) -> JoinHandle<Answer> {
        let address = self.address.clone();
        std::thread::spawn(move || get(&address, "/hello", ""))
    }
}

fn answered(viewer: JoinHandle<Answer>, text: &str) {
    let answer = viewer.join().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, text), "{}", answer.head);
}

/// Sets a breakpoint at the `return` of [`node`].
fn breakpoint(cdp: &mut Cdp) -> Value {
    cdp.call("Runtime.enable", json!({}));
    cdp.call("Debugger.enable", json!({}));
    let at = json!({ "url": "file:///var/task/hello.js", "lineNumber": 2 });
    cdp.call("Debugger.setBreakpointByUrl", at)
}

/// The value of a variable where a handler stands.
fn variable(cdp: &mut Cdp, name: &str) -> String {
    let paused = cdp.event("Debugger.paused");
    let frame = &paused["callFrames"][0];
    let at = json!({ "callFrameId": frame["callFrameId"], "expression": name });
    let value = cdp.call("Debugger.evaluateOnCallFrame", at);
    value["result"]["value"].as_str().unwrap_or_else(|| panic!("{paused}")).to_owned()
}

#[test]
fn a_handler_in_node_stands_at_a_breakpoint_beyond_all_timeouts() {
    let dir = project("hello.js", "nodejs", &node("one"));
    let dev = Dev::start(dir.path(), "--inspect=0", &[]);

    // Before the first event.
    let mut cdp = Cdp::attach(&dev.inspector);
    breakpoint(&mut cdp);
    let viewer = dev.ask();
    assert_eq!(variable(&mut cdp, "body"), "one");
    let stood = Instant::now();
    let waits = dev.ask();
    std::thread::sleep(GATEWAY_WAITS + Duration::from_millis(300));
    assert!(!viewer.is_finished() && !waits.is_finished());
    cdp.call("Debugger.resume", json!({}));
    answered(viewer, "one");
    assert!(stood.elapsed() > TIMEOUT);

    // The event that waited comes next, in the same environment, and only once.
    assert_eq!(variable(&mut cdp, "body"), "one");
    cdp.call("Debugger.resume", json!({}));
    answered(waits, "one");

    // Another debugger finds the function, while no event runs.
    drop(cdp);
    let mut cdp = Cdp::attach(&dev.inspector);
    breakpoint(&mut cdp);
    let viewer = dev.ask();
    assert_eq!(variable(&mut cdp, "body"), "one");
    drop(cdp);
    answered(viewer, "one");
    ends_and_leaves_nothing(dev.tool);
}

#[test]
fn a_changed_function_has_its_inspector_at_the_same_address() {
    let dir = project("hello.js", "nodejs", &node("one"));
    let mut dev = Dev::start(dir.path(), "--inspect=0", &[]);
    let mut cdp = Cdp::attach(&dev.inspector);
    breakpoint(&mut cdp);
    let viewer = dev.ask();
    assert_eq!(variable(&mut cdp, "body"), "one");

    // The event that stands at the breakpoint goes on when its debugger is gone.
    write(dir.path(), "hello.js", &node("two"));
    dev.tool.line("hello:2");
    cdp.ended();
    answered(viewer, "one");

    let mut cdp = Cdp::attach(&dev.inspector);
    breakpoint(&mut cdp);
    let viewer = dev.ask();
    assert_eq!(variable(&mut cdp, "body"), "two");
    cdp.call("Debugger.resume", json!({}));
    answered(viewer, "two");
    dev.tool.interrupt();
}

#[test]
fn a_function_waits_for_its_debugger_before_it_loads() {
    let dir = project("hello.js", "nodejs", &node("one"));
    let mut dev = Dev::start(dir.path(), "--inspect-wait=0", &[]);
    let viewer = dev.ask();
    let old = Cdp::attach(&dev.inspector);
    write(dir.path(), "hello.js", &node("two"));
    dev.tool.line("hello:2");
    old.ended();

    let mut cdp = Cdp::attach(&dev.inspector);
    let set = breakpoint(&mut cdp);
    assert_eq!(set["locations"], json!([]), "it is loaded already");
    cdp.call("Debugger.removeBreakpoint", json!({ "breakpointId": set["breakpointId"] }));
    cdp.call("Runtime.runIfWaitingForDebugger", json!({}));
    // No debugger can reach the version before any more, so its event runs without one.
    let answer = viewer.join().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(answer.body == "one" || answer.body == "two", "{}", answer.body);

    breakpoint(&mut cdp);
    let viewer = dev.ask();
    assert_eq!(variable(&mut cdp, "body"), "two");
    cdp.call("Debugger.resume", json!({}));
    answered(viewer, "two");
    dev.tool.interrupt();
}

#[test]
fn a_debugger_sees_the_typescript_of_a_function() {
    let source = "type Text = string;\nexport const handler = async () => {\n  \
                  const body: Text = 'one';\n  return { status: '200', body };\n};\n";
    let dir = project("hello.ts", "nodejs", source);
    let dev = Dev::start(dir.path(), "--inspect-wait=0", &[]);
    let mut cdp = Cdp::attach(&dev.inspector);
    cdp.call("Debugger.enable", json!({}));
    cdp.call("Runtime.runIfWaitingForDebugger", json!({}));
    let map = loop {
        let script = cdp.event("Debugger.scriptParsed");
        if script["url"] == "file:///var/task/hello.js" {
            break script["sourceMapURL"].as_str().unwrap().to_owned();
        }
    };
    let map = map.strip_prefix("data:application/json;base64,").unwrap_or_else(|| panic!("{map}"));
    let map: Value = serde_json::from_slice(&BASE64.decode(map.as_bytes()).unwrap()).unwrap();
    assert_eq!(map["sources"], json!(["hello.ts"]));
    assert_eq!(map["sourcesContent"], json!([source]));
    answered(dev.ask(), "one");
    dev.tool.interrupt();
}

const PYTHON: &str = "\
def handler(event, context):
    body = 'one'
    return {'status': '200', 'body': body}
";

#[test]
fn a_handler_in_python_stands_at_a_breakpoint() {
    let dir = project("hello.py", "python", PYTHON);
    let python = python::with_debugpy();
    let variables = [("BRINK_INTERPRETERS", python.to_str().unwrap())];
    let dev = Dev::start(dir.path(), "--inspect=0", &variables);

    let root = dir.path().to_str().unwrap();
    let mut dap = Dap::attach(&dev.inspector, root);
    let source = json!({ "path": format!("{root}/hello.py") });
    let lines = json!([{ "line": 3 }]);
    dap.call("setBreakpoints", json!({ "source": source, "breakpoints": lines }));
    dap.call("configurationDone", json!({}));
    let viewer = dev.ask();
    let thread = dap.event("stopped")["threadId"].clone();
    std::thread::sleep(2 * TIMEOUT);
    assert!(!viewer.is_finished());
    let stack = dap.call("stackTrace", json!({ "threadId": thread }));
    let frame = &stack["stackFrames"][0];
    assert_eq!((&frame["name"], &frame["line"]), (&json!("handler"), &json!(3)), "{stack}");
    assert_eq!(frame["source"]["path"], source["path"], "{stack}");
    let at = json!({ "frameId": frame["id"], "expression": "body" });
    assert_eq!(dap.call("evaluate", at)["result"], "'one'");
    dap.call("continue", json!({ "threadId": thread }));
    answered(viewer, "one");

    // It goes on when its debugger is gone.
    let viewer = dev.ask();
    dap.event("stopped");
    dap.call("disconnect", json!({ "terminateDebuggee": false }));
    answered(viewer, "one");
    ends_and_leaves_nothing(dev.tool);
}

#[test]
fn a_function_without_debugpy_runs_and_says_how_to_get_it() {
    let dir = project("hello.py", "python", PYTHON);
    let environment = tempfile::tempdir().unwrap();
    let python = python::bare(environment.path());
    let variables = [("BRINK_INTERPRETERS", python.to_str().unwrap())];
    let mut dev = Dev::start(dir.path(), "--inspect=0", &variables);
    let line = dev.tool.line("no debugger can attach");
    assert!(line.contains("No module named 'debugpy'"), "{line}");
    assert!(line.contains("python3 -m pip install debugpy"), "{line}");
    answered(dev.ask(), "one");
    dev.tool.interrupt();
}

#[test]
fn a_function_without_an_inspector_is_named() {
    let dir = project("hello.js", "boa", &node("one"));
    let dir = dir.path().to_str().unwrap();
    let mut tool = Running::start(&["dev", dir, "--listen", "127.0.0.1:0", "--inspect"]);
    let line = tool.line("function hello: ");
    assert!(line.contains("with `runtime = \"nodejs\"` the function has one"), "{line}");
    tool.line("ready in");
    tool.interrupt();
}

#[test]
fn an_inspector_opens_on_the_loopback_and_on_a_free_port_only() {
    let dir = project("hello.js", "nodejs", &node("one"));
    let dir = dir.path().to_str().unwrap();
    let output = brink(&["dev", dir, "--inspect=0.0.0.0:9229"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("0.0.0.0 is not an address of the loopback"), "{said}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let option = format!("--inspect={address}");
    let output = brink(&["dev", dir, "--listen", "127.0.0.1:0", &option]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    let expected = format!("function hello: cannot open an inspector at {address}");
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains("`--inspect=PORT` names another port"), "{said}");
}
