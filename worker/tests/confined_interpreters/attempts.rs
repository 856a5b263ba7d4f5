//! Attempts of code in an interpreter to get out of its sandbox.
//!
//! All attempts of a runtime are made in one sandbox: with all layers, as a worker that is not root,
//! and on machines that lack a layer. Some of the attempts are made without any confinement too, to
//! show that they are real.

use std::path::Path;
use std::process::Command;

use brink_shared::confinement::Layer;
use brink_shared::registry::Runtime;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::interpreters;
use crate::lacking::missing;
use crate::sandbox::{Sandbox, Start};
use crate::stage::Stage;

/// One attempt.
struct Attempt {
    name: &'static str,
    /// The runtimes whose code can make it.
    runtimes: &'static [Runtime],
    expected: Expected,
    /// True if it takes seccomp to refuse it.
    shallow: bool,
    /// True if a process that is not confined succeeds on every machine.
    control: bool,
}

/// The expected outcome of an attempt in a sandbox.
enum Expected {
    /// It fails.
    Refused,
    /// It may do something, but reaches nothing.
    Unreached,
    /// A number in this range.
    Between(u64, u64),
    /// This value. It needs the sandbox's own root folder and users.
    Equal(fn() -> Value),
}

/// A machine, or a kind of worker on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    AsUser,
    Without(Layer),
    AsUserWithout(Layer),
}

use Runtime::{Nodejs, Python};

const BOTH: &[Runtime] = &[Nodejs, Python];
const JS: &[Runtime] = &[Nodejs];
const PY: &[Runtime] = &[Python];

const PLACES: [Place; 8] = [
    Place::Whole,
    Place::AsUser,
    Place::Without(Layer::Namespaces),
    Place::Without(Layer::Root),
    Place::Without(Layer::Landlock),
    Place::Without(Layer::Seccomp),
    // The machine's files are those of the sandbox's own user here.
    Place::AsUserWithout(Layer::Namespaces),
    Place::AsUserWithout(Layer::Root),
];

const ATTEMPTS: &[Attempt] = &[
    // It comes first, because attempts leave descriptors open.
    is("inherited_descriptors", BOTH, Expected::Equal(|| json!([]))),
    // Files.
    refused("read_passwords", BOTH).real(),
    refused("read_machine_folder", BOTH).real(),
    refused("read_machine_file", BOTH).real(),
    refused("read_other_bundle", BOTH).real(),
    refused("list_other_sandboxes", BOTH).real(),
    refused("read_home_of_root", BOTH),
    refused("read_system_settings", BOTH).real(),
    refused("read_devices_of_system", BOTH).real(),
    refused("read_kernel_log", BOTH),
    refused("read_memory_of_machine", BOTH),
    refused("open_tun", BOTH),
    refused("write_bundle", BOTH),
    refused("write_bootstraps", BOTH),
    refused("write_root", BOTH),
    refused("write_libraries", BOTH),
    refused("write_machine_file", BOTH).real(),
    refused("remove_machine_file", BOTH),
    refused("make_folder_on_machine", BOTH).real(),
    refused("link_to_machine", BOTH),
    refused("change_rights", BOTH).real(),
    refused("change_owner", BOTH).real(),
    refused("change_times", BOTH).real(),
    refused("cut_off", BOTH).real(),
    refused("change_rights_of_bundle", BOTH),
    refused("change_rights_by_descriptor", BOTH),
    refused("change_times_of_bundle", BOTH),
    refused("add_attribute_to_bundle", PY),
    refused("make_device", PY),
    refused("open_by_handle", PY),
    refused("handle_of_root", PY).shallow(),
    // Networks.
    refused("connect_tcp", BOTH).real(),
    refused("connect_tcp6", BOTH),
    refused("connect_out", BOTH),
    unreached("send_udp", BOTH).real(),
    refused("connect_socket_file", BOTH).real(),
    refused("connect_abstract", PY).real(),
    refused("connect_abstract", JS),
    refused("raw_socket", PY),
    refused("ping_socket", PY),
    refused("packet_socket", PY),
    refused("netlink_socket", PY).shallow().real(),
    refused("vsock", PY).shallow(),
    refused("crypto_socket", PY).shallow(),
    refused("multipath_socket", PY).shallow(),
    // Processes.
    refused("find_parent", BOTH).real(),
    refused("stop_parent", BOTH),
    refused("kill_victim", BOTH).real(),
    refused("kill_all", BOTH).shallow(),
    refused("debug_victim", JS),
    refused("queue_signal", PY),
    refused("kill_thread", PY).real(),
    refused("send_signals_later", PY).shallow().real(),
    refused("pidfd_open", PY).shallow().real(),
    refused("pidfd_send_signal", PY).shallow(),
    refused("pidfd_getfd", PY),
    refused("trace_parent", PY),
    refused("trace_victim", PY),
    refused("read_memory", PY),
    refused("write_memory", PY),
    refused("environment_of_parent", BOTH).real(),
    refused("memory_of_parent", BOTH),
    refused("files_of_parent", BOTH).real(),
    refused("root_of_parent", BOTH),
    refused("environment_of_victim", BOTH),
    refused("root_of_first", BOTH),
    refused("slow_victim", BOTH).shallow().real(),
    refused("slow_all_of_user", PY).shallow(),
    refused("pin_victim", PY).shallow().real(),
    refused("limit_victim", PY).shallow(),
    refused("disk_priority", PY).shallow(),
    refused("compare", PY),
    refused("move_pages", PY).shallow(),
    refused("advise_others_memory", PY).shallow(),
    // Starting processes and programs.
    refused("fork", PY).shallow().real(),
    refused("clone", PY).shallow().real(),
    refused("clone3", PY).shallow(),
    refused("run_program", BOTH).real(),
    refused("run_shell", BOTH).real(),
    refused("run_itself", JS).shallow().real(),
    refused("spawn", PY).real(),
    refused("become_program", BOTH),
    refused("become_itself", PY).shallow(),
    refused("become_by_descriptor", PY).shallow(),
    // Namespaces and mounts.
    refused("new_user", PY).shallow(),
    refused("new_mounts", PY),
    refused("clone_new_user", PY).shallow(),
    refused("enter_network", PY),
    refused("mount", PY),
    refused("unmount", PY),
    refused("open_tree", PY),
    refused("fsopen", PY),
    refused("pivot_root", PY),
    refused("chroot", PY),
    // Privileges.
    refused("become_root", BOTH),
    refused("join_groups", BOTH),
    refused("capabilities", PY),
    refused("outlive_supervisor", PY).shallow().real(),
    refused("be_traced", PY).shallow(),
    refused("other_personality", PY).shallow().real(),
    refused("raise_descriptors", PY),
    refused("raise_processes", PY).shallow(),
    refused("raise_file_size", PY),
    refused("raise_core", PY),
    refused("raise_locked_memory", PY),
    // Other parts of the kernel.
    refused("bpf", PY).shallow(),
    refused("perf", PY).shallow(),
    refused("userfaultfd", PY).shallow(),
    refused("io_uring", PY).shallow(),
    refused("aio", PY).shallow(),
    refused("keyctl", PY).shallow(),
    refused("add_key", PY).shallow(),
    refused("request_key", PY).shallow(),
    refused("memory_file", PY).shallow().real(),
    refused("secret_memory", PY).shallow(),
    refused("shared_memory", PY).shallow(),
    refused("semaphores", PY).shallow(),
    refused("messages", PY).shallow(),
    refused("message_queue", PY).shallow(),
    refused("inotify", BOTH).shallow().real(),
    refused("fanotify", PY).shallow(),
    refused("bind_memory", PY).shallow(),
    refused("vmsplice", PY).shallow().real(),
    refused("another_filter", PY).shallow(),
    refused("load_kernel", PY),
    refused("load_module", PY),
    refused("unload_module", PY),
    refused("restart_machine", PY),
    refused("swap", PY),
    refused("quota", PY).shallow(),
    refused("account", PY),
    refused("log_of_kernel", PY).shallow(),
    refused("set_clock", PY),
    refused("set_time", PY),
    refused("adjust_clock", PY).shallow(),
    refused("host_name", PY),
    refused("domain_name", PY),
    refused("hang_up", PY),
    refused("write_all_disks", PY).shallow(),
    // Not attempts: what a function may do, and how much of it.
    is("count_threads", PY, Expected::Between(32, 128)),
    is("count_descriptors", PY, Expected::Between(900, 1_024)),
    is("size_of_tmp", BOTH, Expected::Equal(|| json!(512 * 1024 * 1024))),
    is(
        "environment",
        BOTH,
        Expected::Equal(|| json!(["HOME", "LANG", "MY_VARIABLE", "PATH", "TZ"])),
    ),
];

/// Trials of all runtimes and places, and those without confinement.
pub fn trials() -> impl Iterator<Item = Trial> {
    let confined = PLACES.into_iter().flat_map(|place| {
        BOTH.iter().map(move |runtime| {
            let name = format!("attempts::{}::{}", runtime.name(), place.name());
            Trial::test(name, move || confined(*runtime, place))
        })
    });
    let controls = BOTH.iter().map(|runtime| {
        Trial::test(format!("attempts::{}::unconfined", runtime.name()), move || {
            unconfined(*runtime)
        })
    });
    confined.chain(controls)
}

fn confined(runtime: Runtime, place: Place) -> Result<(), Failed> {
    let Some(mut running) = start(runtime, place) else { return Ok(()) };
    let mut stage = Stage::set();
    let mut problems = Vec::new();
    for attempt in ATTEMPTS.iter().filter(|attempt| attempt.is_for(runtime, place)) {
        let event = json!({"attempt": attempt.name, "scene": stage.scene});
        let outcome = running.invoke(&event);
        if !outcome.as_ref().is_some_and(|outcome| attempt.expected.is(outcome)) {
            problems.push(format!("{}: {outcome:?}", attempt.name));
        }
        problems.extend(stage.touched().iter().map(|what| format!("{}: {what}", attempt.name)));
        if outcome.is_none() {
            running = start(runtime, place).unwrap();
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn start(runtime: Runtime, place: Place) -> Option<Sandbox> {
    let start = match place {
        Place::Whole => Start::of(runtime),
        Place::AsUser => Start::for_user(runtime)?,
        Place::Without(layer) => Start::lacking(layer, runtime)?,
        Place::AsUserWithout(layer) => Start { as_user: true, ..Start::lacking(layer, runtime)? },
    };
    let mut sandbox = start.start();
    if let Place::Without(layer) | Place::AsUserWithout(layer) = place {
        for missing in missing(layer) {
            assert!(sandbox.missing().contains(missing), "{:?}", sandbox.layers);
        }
    }
    sandbox.load(code(runtime));
    Some(sandbox)
}

fn code(runtime: Runtime) -> &'static str {
    match runtime {
        Python => include_str!("attempts/attempts.py"),
        _ => include_str!("attempts/attempts.js"),
    }
}

/// Makes attempts in interpreters that are not confined, each in a process of its own.
fn unconfined(runtime: Runtime) -> Result<(), Failed> {
    let program = &interpreters::first(runtime).program;
    let mut problems = Vec::new();
    let is_real = |attempt: &&Attempt| attempt.control && attempt.runtimes.contains(&runtime);
    for attempt in ATTEMPTS.iter().filter(is_real) {
        let stage = Stage::set();
        let event = json!({"attempt": attempt.name, "scene": stage.scene}).to_string();
        let call = match runtime {
            Python => "print(json.dumps(handler(json.loads(sys.argv[1]), None)))",
            _ => {
                "exports.handler(JSON.parse(process.argv[1])).then((answer) => { console.log(JSON.stringify(answer)); process.exit(); })"
            }
        };
        let mut command = Command::new(program);
        match runtime {
            Python => {
                command.args(["-c", &format!("{}\nimport json\n{call}", code(runtime)), &event])
            }
            _ => command.args(["-e", &format!("{}\n{call}", code(runtime)), &event]),
        };
        let output = command.current_dir(Path::new("/")).output().unwrap();
        let outcome: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        if !outcome.as_ref().is_some_and(|outcome| outcome[0] == "done") {
            let error = String::from_utf8_lossy(&output.stderr);
            problems.push(format!("{}: {outcome:?} {error}", attempt.name));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

const fn refused(name: &'static str, runtimes: &'static [Runtime]) -> Attempt {
    is(name, runtimes, Expected::Refused)
}

const fn unreached(name: &'static str, runtimes: &'static [Runtime]) -> Attempt {
    is(name, runtimes, Expected::Unreached)
}

const fn is(name: &'static str, runtimes: &'static [Runtime], expected: Expected) -> Attempt {
    Attempt { name, runtimes, expected, shallow: false, control: false }
}

// === impl Attempt ===

impl Attempt {
    const fn shallow(mut self) -> Self {
        self.shallow = true;
        self
    }

    const fn real(mut self) -> Self {
        self.control = true;
        self
    }

    fn is_for(&self, runtime: Runtime, place: Place) -> bool {
        let without_seccomp = place == Place::Without(Layer::Seccomp);
        let whole = matches!(place, Place::Whole | Place::AsUser);
        let is_attempt = matches!(self.expected, Expected::Refused | Expected::Unreached);
        self.runtimes.contains(&runtime)
            && !(self.shallow && without_seccomp)
            && (is_attempt || whole)
    }
}

// === impl Expected ===

impl Expected {
    fn is(&self, outcome: &Value) -> bool {
        let done = (outcome[0] == "done").then_some(&outcome[1]);
        match self {
            Self::Refused => outcome[0] == "refused",
            Self::Unreached => true,
            Self::Between(least, most) => {
                done.and_then(Value::as_u64).is_some_and(|n| (*least..=*most).contains(&n))
            }
            Self::Equal(value) => done == Some(&value()),
        }
    }
}

// === impl Place ===

impl Place {
    fn name(self) -> String {
        match self {
            Self::Whole => "with_all_layers".to_owned(),
            Self::AsUser => "of_an_ordinary_user".to_owned(),
            Self::Without(layer) => format!("without_{layer}"),
            Self::AsUserWithout(layer) => format!("of_an_ordinary_user_without_{layer}"),
        }
    }
}
