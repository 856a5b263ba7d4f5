//! Sandboxes that may start processes, and programs that a bundle brings.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use brink_frames::interpreter::Listener;
use brink_shared::registry::Runtime;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::lacking::missing;
use crate::sandbox::{PATIENCE, Sandbox, Start};
use crate::starting::passed;
use brink_shared::confinement::Layer;

type Case = fn();

pub fn trials() -> impl Iterator<Item = Trial> {
    let cases: [(&str, Case); 7] = [
        ("a_function_with_processes_starts_programs", starts_programs),
        ("all_processes_end_with_their_sandbox", all_processes_end),
        ("the_end_of_the_interpreter_is_passed_on", ends_are_passed_on),
        ("a_bootstrap_gets_its_environment", bootstrap),
        ("a_bootstrap_that_cannot_start_is_explained", bad_bootstraps),
        ("the_supervisor_accepts_on_the_listeners", listeners),
        ("the_supervisor_reads_the_packets_of_the_device", packets),
    ];
    cases.into_iter().map(|(name, case)| Trial::test(name, move || passed(case)))
}

fn with_processes(processes: u32) -> Start {
    let mut start = Start::of(Runtime::Python);
    start.launch.processes = processes;
    start
}

const PROCESSES: &str = include_str!("attempts/processes.py");

fn starts_programs() {
    for as_user in [false, true] {
        let start =
            if as_user { Start::for_user(Runtime::Python) } else { Some(with_processes(16)) };
        let Some(mut start) = start else { continue };
        start.launch.processes = 16;
        let mut sandbox = start.start();
        assert_eq!(sandbox.missing(), []);
        sandbox.load(PROCESSES);
        sandbox.put("tool", "#!/bin/sh\necho from the bundle $0\n", 0o755);
        let ran = sandbox.invoke(&json!(["run", ["/bin/sh", "-c", "echo hello; exit 3"]]));
        assert_eq!(ran, Some(json!([3, "hello\n"])));
        let ran = sandbox.invoke(&json!(["run", ["/var/task/tool"]]));
        assert_eq!(ran, Some(json!([0, "from the bundle /var/task/tool\n"])));
        assert_eq!(sandbox.invoke(&json!(["terminate", 0])), Some(json!(-libc::SIGTERM)));
        // Programs come from the bundle and from the system.
        let written = sandbox.invoke(&json!(["write", "/tmp/program"]));
        assert_eq!(written, Some(json!("PermissionError")));
        let bomb = sandbox.invoke(&json!(["bomb", 0])).unwrap();
        assert!(bomb[0].as_u64().unwrap() < 144 && bomb[1] == "BlockingIOError", "{bomb}");
        assert_eq!(sandbox.invoke(&json!(["run", ["/bin/true"]])), Some(json!([0, ""])));
        // Each process sees itself.
        let own = ["/bin/sh", "-c", "readlink /proc/self/exe; ls /proc/1/root"];
        let own = sandbox.invoke(&json!(["run", own])).unwrap();
        assert!(own[1].as_str().unwrap().contains("readlink") || own[0] != 0, "{own}");
    }
}

fn all_processes_end() {
    for (index, how) in ["kill", "exit", "socket"].into_iter().enumerate() {
        let mut sandbox = with_processes(16).start();
        sandbox.load(PROCESSES);
        // No other process of the machine has this argument.
        let mark = format!("{}.{index}", 100_000 + std::process::id());
        assert_eq!(sandbox.invoke(&json!(["leave", mark])), Some(json!(0)));
        wait_until(|| sleepers(&mark) == 1, "the process starts");
        match how {
            "kill" => sandbox.child.kill().unwrap(),
            "exit" => assert_eq!(sandbox.invoke(&json!(["exit", 0])), None),
            _ => sandbox.socket.shutdown(std::net::Shutdown::Both).unwrap(),
        }
        sandbox.wait();
        wait_until(|| sleepers(&mark) == 0, "the process ends");
    }
}

fn wait_until(holds: impl Fn() -> bool, what: &str) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many processes of the machine sleep for this time.
fn sleepers(mark: &str) -> usize {
    let wanted = format!("sleep\0{mark}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| {
            let line = fs::read_to_string(process.path().join("cmdline"));
            line.is_ok_and(|line| line == wanted)
        })
        .count()
}

fn ends_are_passed_on() {
    let ends: [(Value, Option<i32>, Option<i32>); 4] = [
        (json!(["exit", 7]), Some(7), None),
        (json!(["signal", libc::SIGKILL]), None, Some(libc::SIGKILL)),
        (json!(["signal", libc::SIGSEGV]), None, Some(libc::SIGSEGV)),
        (json!(["signal", libc::SIGTERM]), None, Some(libc::SIGTERM)),
    ];
    for (event, code, signal) in ends {
        let mut sandbox = with_processes(4).start();
        sandbox.load(PROCESSES);
        assert_eq!(sandbox.invoke(&event), None);
        let status = sandbox.wait();
        assert_eq!((status.code(), status.signal()), (code, signal), "{event}");
        assert!(!status.core_dumped());
    }
}

fn bootstrap() {
    for lacking in [None, Some(Layer::Root), Some(Layer::Namespaces)] {
        let mut sandbox = Start { lacking, ..Start::provided() }.start();
        let expected = lacking.map_or(&[] as &[Layer], missing);
        assert_eq!(sandbox.missing(), expected);
        let script = "#!/bin/sh\nenv | grep -v -e ^_= -e ^PWD= -e ^SHLVL= -e ^OLDPWD= | sort\n";
        sandbox.put("bootstrap", script, 0o755);
        sandbox.send_load(&json!({"_HANDLER": "a.b", "PATH": "/usr/bin:/bin:/var/task/bin"}));
        let mut said = String::new();
        sandbox.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let mut lines: Vec<&str> = said.lines().collect();
        lines.retain(|line| !line.starts_with("HOME=") && !line.starts_with("TMPDIR="));
        let path = "PATH=/usr/bin:/bin:/var/task/bin";
        assert_eq!(lines, ["LANG=C.UTF-8", path, "TZ=:UTC", "_HANDLER=a.b"]);
    }
}

fn bad_bootstraps() {
    let cases = [
        (None, "it is not there"),
        (Some(("#!/bin/sh\n", 0o644)), "must be executable"),
        (Some(("#!/var/task/absent\n", 0o755)), "the program in its first line is not"),
        (Some(("text", 0o755)), "not a program for this machine"),
    ];
    for (file, explanation) in cases {
        let mut start = Start::provided();
        start.listen_to_errors = true;
        let mut sandbox = start.start();
        if let Some((text, mode)) = file {
            sandbox.put("bootstrap", text, mode);
        }
        sandbox.send_load(&json!({}));
        assert_eq!(sandbox.frame(), None);
        assert_eq!(sandbox.wait().code(), Some(1));
        let mut said = String::new();
        sandbox.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains(explanation), "{said}");
    }
    // A supervisor that goes away before is no error.
    let mut sandbox = Start::provided().start();
    sandbox.socket.shutdown(std::net::Shutdown::Both).unwrap();
    assert_eq!(sandbox.wait().code(), Some(0));
}

fn listeners() {
    let mut start = Start::of(Runtime::Python);
    start.launch.listeners = vec![Listener::Proxy, Listener::RuntimeApi];
    let mut sandbox = start.start();
    sandbox.load(
        "import socket\ndef handler(port, context):\n    with socket.create_connection(('127.0.0.1', port), 10) as s:\n        \
         s.sendall(b'hello')\n        return s.recv(16).decode()\n",
    );
    let proxy = sandbox.descriptors.proxy.take().unwrap();
    let api = sandbox.descriptors.runtime_api.take().unwrap();
    for (listener, port) in [(proxy, 3128), (api, 9001)] {
        assert_eq!(listener.local_addr().unwrap().to_string(), format!("127.0.0.1:{port}"));
        let answer = std::thread::spawn(move || {
            let begun = Instant::now();
            let mut stream = loop {
                match listener.accept() {
                    Ok((stream, _)) => break stream,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        assert!(begun.elapsed() < PATIENCE, "nobody connects");
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    Err(error) => panic!("{error}"),
                }
            };
            stream.set_nonblocking(false).unwrap();
            let mut heard = [0; 5];
            stream.read_exact(&mut heard).unwrap();
            stream.write_all(b"welcome").unwrap();
            heard
        });
        assert_eq!(sandbox.invoke(&json!(port)), Some(json!("welcome")));
        assert_eq!(&answer.join().unwrap(), b"hello");
    }
    // Without them, nobody listens.
    let none = Start::of(Runtime::Python).start();
    assert!(none.descriptors.proxy.is_none() && none.descriptors.runtime_api.is_none());
}

fn packets() {
    let mut start = Start::of(Runtime::Python);
    start.launch.tun = true;
    let mut sandbox: Sandbox = start.start();
    let Some(tun) = sandbox.descriptors.tun.take() else {
        assert!(fs::File::open("/dev/net/tun").is_err(), "the machine has a TUN device");
        return;
    };
    sandbox.load(
        "import socket\ndef handler(event, context):\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    \
         return s.sendto(b'marked', ('192.0.2.7', 53))\n",
    );
    assert_eq!(sandbox.invoke(&json!(0)), Some(json!(6)));
    let mut packet = [0; 2_048];
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "no packet comes");
        match rustix::io::read(&tun, &mut packet) {
            // IPv4, from the sandbox's address to that of the test.
            Ok(length) if packet[0] >> 4 == 4 => {
                assert_eq!(packet[12..20], [198, 18, 0, 2, 192, 0, 2, 7]);
                assert!(packet[..length].ends_with(b"marked"));
                return;
            }
            Ok(_) | Err(rustix::io::Errno::AGAIN) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => panic!("{error}"),
        }
    }
}
