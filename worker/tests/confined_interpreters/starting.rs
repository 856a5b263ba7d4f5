//! Interpreters start in their sandboxes, serve events, and end with their supervisor.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use brink_shared::confinement::Layer;
use brink_shared::registry::Runtime;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::sandbox::{PATIENCE, Start};

/// They also write a temporary file, wherever that is.
const ECHO_JS: &str = "const { mkdtempSync } = require('fs');\n\
    exports.handler = async (event) => mkdtempSync(require('os').tmpdir() + '/a') && event;";
const ECHO_PY: &str = "import tempfile\ndef handler(event, context):\n    \
    with tempfile.TemporaryFile() as file:\n        file.write(b'text')\n    return event\n";

type Case = fn(Runtime);

pub fn trials() -> impl Iterator<Item = Trial> {
    let cases: [(&str, Case); 5] = [
        ("all_layers_are_in_force_and_events_are_served", all_layers),
        ("a_machine_without_a_layer_serves_events_too", without_layers),
        ("a_sandbox_ends_with_its_supervisor", ends_with_supervisor),
        ("the_supervisor_sees_what_tmp_holds", tmp_is_counted),
        ("functions_find_what_they_need", needs),
    ];
    let of_both = cases.into_iter().flat_map(|(name, case)| {
        [Runtime::Nodejs, Runtime::Python].map(move |runtime| {
            Trial::test(format!("{name}::{}", runtime.name()), move || passed(|| case(runtime)))
        })
    });
    of_both.chain([Trial::test("node_runs_without_its_compiler", || passed(jitless))]).chain([
        Trial::test("the_launcher_says_what_is_wrong_with_its_specification", || {
            passed(bad_specification)
        }),
    ])
}

/// A panic fails the trial by itself.
pub fn passed(case: impl FnOnce()) -> Result<(), Failed> {
    case();
    Ok(())
}

fn echo(runtime: Runtime) -> &'static str {
    if runtime == Runtime::Python { ECHO_PY } else { ECHO_JS }
}

fn all_layers(runtime: Runtime) {
    let starts = [Some(Start::of(runtime)), Start::for_user(runtime)];
    for start in starts.into_iter().flatten() {
        let mut sandbox = start.start();
        assert_eq!(sandbox.missing(), [], "{:?}", sandbox.layers);
        let layers: Vec<Layer> = sandbox.layers.iter().map(|status| status.layer).collect();
        assert_eq!(layers, Layer::ALL[..6], "every layer is reported once");
        sandbox.load(echo(runtime));
        for event in [json!({"a": 1}), json!("text")] {
            assert_eq!(sandbox.invoke(&event), Some(event));
        }
        // It ends when its supervisor lets go of it.
        sandbox.socket.shutdown(std::net::Shutdown::Both).unwrap();
        assert_eq!(sandbox.wait().code(), Some(0));
    }
}

fn without_layers(runtime: Runtime) {
    for layer in [Layer::Namespaces, Layer::Root, Layer::Landlock, Layer::Seccomp] {
        let Some(start) = Start::lacking(layer, runtime) else { continue };
        let mut sandbox = start.start();
        assert!(sandbox.missing().contains(&layer), "{:?}", sandbox.layers);
        let why = sandbox.layers.iter().find(|status| status.layer == layer).unwrap();
        assert!(why.why.is_some(), "{why:?}");
        sandbox.load(echo(runtime));
        assert_eq!(sandbox.invoke(&json!(1)), Some(json!(1)), "without {layer}");
    }
}

fn ends_with_supervisor(runtime: Runtime) {
    let start = Start::of(runtime);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("task")).unwrap();
    let mut launch = start.launch;
    launch.folder = folder.path().to_owned();
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args(["supervisor", &serde_json::to_string(&launch).unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = [0; 8];
    supervisor.stdout.as_mut().unwrap().read_exact(&mut told).unwrap();
    let sandbox: i32 = std::str::from_utf8(&told).unwrap().trim().parse().unwrap();
    assert!(is_there(sandbox));
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    let begun = Instant::now();
    while is_there(sandbox) {
        assert!(begun.elapsed() < PATIENCE, "it lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts a sandbox, says its number, and waits to be killed.
pub fn be_supervisor(spec: &str) -> ExitCode {
    let (socket, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let theirs = theirs.as_fd().try_clone_to_owned().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["sandbox", "interpreter", spec])
        .env_clear()
        .stdin(theirs)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The report says that it is up.
    (&socket).read_exact(&mut [0; 16]).unwrap();
    print!("{:8}", child.id());
    std::io::stdout().flush().unwrap();
    child.wait().unwrap();
    ExitCode::FAILURE
}

fn is_there(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // A process that ended stays until it is reaped.
    !stat.is_empty() && !stat.contains(") Z ")
}

fn tmp_is_counted(runtime: Runtime) {
    let mut sandbox = Start::of(runtime).start();
    sandbox.load(match runtime {
        Runtime::Python => {
            "import os\ndef handler(size, context):\n    try:\n        with open('/tmp/f', 'wb') as f:\n            \
             return os.posix_fallocate(f.fileno(), 0, size)\n    except OSError as error:\n        return error.errno\n"
        }
        _ => {
            "exports.handler = async (size) => {\n  try { require('fs').writeFileSync('/tmp/f', Buffer.alloc(size)); \
             return null; }\n  catch (error) { return error.code; }\n};"
        }
    });
    assert_eq!(sandbox.invoke(&json!(20 << 20)), Some(Value::Null));
    let tmp = rustix::fs::fstatvfs(sandbox.descriptors.tmp.as_ref().unwrap()).unwrap();
    let used = (tmp.f_blocks - tmp.f_bfree) * tmp.f_frsize;
    assert!((20 << 20..24 << 20).contains(&used), "{used}");
    assert_eq!(tmp.f_blocks * tmp.f_frsize, brink_frames::interpreter::TMP_SIZE);
    if runtime == Runtime::Python {
        // It is not written, because there is no room.
        let no_room = sandbox.invoke(&json!(513_u64 << 20)).unwrap();
        assert!(no_room == libc::ENOSPC || no_room == libc::EFBIG, "{no_room}");
    }
}

fn needs(runtime: Runtime) {
    let mut sandbox = Start::of(runtime).start();
    sandbox.load(match runtime {
        Runtime::Python => include_str!("attempts/needs.py"),
        _ => include_str!("attempts/needs.js"),
    });
    let answer = sandbox.invoke(&json!({})).unwrap();
    let problems: Vec<_> =
        answer.as_object().unwrap().iter().filter(|(_, works)| **works != true).collect();
    assert!(problems.is_empty(), "{problems:?}");
}

fn jitless() {
    let mut start = Start::of(Runtime::Nodejs);
    start.launch.jitless = true;
    let mut sandbox = start.start();
    sandbox.load(
        "exports.handler = async () => [process.execArgv.includes('--jitless'), typeof WebAssembly, /a+/.test('aa')];",
    );
    assert_eq!(sandbox.invoke(&json!(0)), Some(json!([true, "undefined", true])));
}

fn bad_specification() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["sandbox", "interpreter", "{}"])
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.status.signal()), (Some(1), None));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("makes no sense: missing field `program`"), "{said}");
}
