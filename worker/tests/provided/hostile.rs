//! Programs that harm. Each fails its own event, and the next event gets a new environment.

use std::time::Duration;

use brink_shared::wire::FailureKind;
use serde_json::{Value, json};

use super::{Function, LONG, python, settings};

/// Runs a program that does `harm` if the event is `"harm"`, and echoes every other event.
async fn harmed(harm: &str) -> Function {
    Function::start(program(harm)).await.unwrap()
}

fn program(harm: &str) -> super::Files {
    python(&format!(
        "import ctypes, signal, socket, subprocess, threading, time
def harm():
    {harm}

while True:
    event = next()
    if event == 'harm':
        harm()
    else:
        answer(event)"
    ))
}

/// The failure of the event that harms. An event after it is served.
async fn failure_of(function: &Function, timeout: Duration) -> brink_shared::wire::Failure {
    let outcome = function.run_within(&json!("harm"), timeout).await;
    let failure = outcome.result.expect_err("it was answered");
    assert_eq!(function.value(&json!(1)).await, json!(1), "after {failure:?}");
    failure
}

#[actix_rt::test]
async fn all_ways_to_end_fail_one_event() {
    for (harm, expected) in [
        ("os._exit(0)", "exit status 0"),
        ("sys.exit('bye')", "exit status 1: bye"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal 9 (killed)"),
        ("ctypes.string_at(0)", "signal 11 (segmentation fault)"),
        ("os.abort()", "signal 6 (abort)"),
        ("os.execv('/bin/false', ['false'])", "exit status 1"),
        // A child that lives on with all descriptors does not hide the end.
        ("os.fork() and os._exit(5) or time.sleep(1000)", "exit status 5"),
    ] {
        let failure = failure_of(&harmed(harm).await, LONG).await;
        assert_eq!(failure.error_type, "Runtime.ExitError", "{harm}: {failure:?}");
        assert!(failure.message.contains(expected), "{harm}: {failure:?}");
    }
}

#[actix_rt::test]
async fn an_event_without_an_answer_runs_out_of_time() {
    for harm in [
        "time.sleep(1000)",
        "ask('GET', 'invocation/next') and ask('GET', 'invocation/next') and time.sleep(1000)",
        "ask('POST', 'invocation/other/response', '1') and time.sleep(1000)",
        "os.closerange(0, 1000); time.sleep(1000)",
        "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(1000)",
        "subprocess.Popen(['sleep', '1000'], start_new_session=True).wait()",
    ] {
        let failure = failure_of(&harmed(harm).await, Duration::from_millis(200)).await;
        assert_eq!(failure.error_type, "Sandbox.Timedout", "{harm}: {failure:?}");
        assert_eq!(failure.kind, FailureKind::Limit);
    }
}

#[actix_rt::test]
async fn processes_of_a_program_count_and_end_with_it() {
    let mut settings = settings();
    settings.limits.cpu_time = Some(Duration::from_millis(300));
    let loops = "subprocess.run([sys.executable, '-c', 'while True: pass'])";
    let function = Function::start_with(program(loops), settings).await.unwrap();
    let failure = failure_of(&function, LONG).await;
    assert_eq!(failure.error_type, "Sandbox.CpuExceeded", "{failure:?}");

    let fills = "subprocess.run([sys.executable, '-c',
        'import time; x = b\\'x\\' * (600 << 20); time.sleep(1000)'])
    time.sleep(1000)";
    let failure = failure_of(&harmed(fills).await, LONG).await;
    assert_eq!(failure.error_type, "Runtime.OutOfMemory", "{failure:?}");
}

#[actix_rt::test]
async fn a_fork_bomb_meets_its_limit() {
    let bomb = "
    started = 0
    try:
        for _ in range(1000):
            subprocess.Popen(['sleep', '1000'])
            started += 1
    except OSError as error:
        answer([started, error.errno])";
    let function = harmed(bomb).await;
    let value = function.value(&json!("harm")).await;
    let started = value[0].as_u64().unwrap();
    assert!((32..160).contains(&started), "{value}");
    assert_eq!(value[1], json!(libc::EAGAIN), "{value}");
}

#[actix_rt::test]
async fn output_without_end_is_cut() {
    let flood = "
    for _ in range(30):
        os.write(1, b'line of output\\n' * 5000)
        os.write(2, b'x' * 100000)
    answer('done')";
    let function = harmed(flood).await;
    let outcome = function.run(&json!("harm")).await;
    assert_eq!(outcome.result.unwrap(), json!("done"));
    let size: usize = outcome.logs.iter().map(String::len).sum();
    assert!((100_000..400_000).contains(&size), "{size}");
    let last = outcome.logs.last().unwrap();
    assert!(last.contains("log cut off") || last.contains("lines are dropped"), "{last}");
}

#[actix_rt::test]
async fn nothing_of_the_machine_is_within_reach() {
    let reach = "
    def attempt(act):
        try:
            return str(act())[:200]
        except Exception as error:
            return type(error).__name__
    def write(path):
        open(path, 'w').write('x')
        return 'written'
    def connect(address):
        socket.create_connection(address, 1)
        return 'connected'
    answer({
        'passwd': attempt(lambda: len(open('/etc/passwd').readlines())),
        'shadow': attempt(lambda: open('/etc/shadow').read()),
        'home': attempt(lambda: os.listdir('/root')),
        'task': attempt(lambda: write('/var/task/bootstrap')),
        'bin': attempt(lambda: write('/usr/bin/brink-was-here')),
        'processes': attempt(lambda: len([n for n in os.listdir('/proc') if n.isdigit()])),
        'kill': attempt(lambda: os.kill(os.getppid(), 9)),
        'mount': attempt(lambda: subprocess.run(['mount', '-t', 'tmpfs', 'x', '/tmp'],
            check=True, stderr=subprocess.DEVNULL)),
        'nats': attempt(lambda: connect(('127.0.0.1', 4222))),
        'metadata': attempt(lambda: connect(('169.254.169.254', 80))),
    })";
    let function = harmed(reach).await;
    let value = function.value(&json!("harm")).await;
    for name in ["shadow", "home", "task", "bin", "mount", "nats", "metadata"] {
        let reached = value[name].as_str().unwrap();
        assert!(reached.ends_with("Error"), "{name}: {value}");
    }
    // The users of the sandbox, and its processes.
    for name in ["passwd", "processes"] {
        let number: u32 = value[name].as_str().unwrap().parse().unwrap();
        assert!(number < 5, "{name}: {value}");
    }
    assert_eq!(function.value(&Value::Null).await, Value::Null);
}
