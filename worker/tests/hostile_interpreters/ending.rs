//! Code that ends its process in all ways, makes others, and takes what is not its own.

use crate::attack::Ends::*;
use crate::attack::{Attack, Ends, both, node, python};

/// More processes are refused, in the words of the language.
const REFUSED: Ends = AnyOf(&[
    Throws("Error", "spawn"),
    Throws("PermissionError", "[Errno 1]"),
    Throws("PermissionError", "[Errno 13]"),
    Throws("BlockingIOError", "[Errno 11]"),
    Throws("FileNotFoundError", "[Errno 2]"),
    Throws("OSError", "[Errno 38]"),
]);

pub const ATTACKS: &[Attack] = &[
    // The end of the process.
    both("an exit", Exits("exit status 3"), "process.exit(3);", "sys.exit(3)"),
    both("an exit without an error", Exits("exit status 0"), "process.exit(0);", "sys.exit()"),
    both("an exit at once", Exits("exit status 3"), "process.reallyExit(3);", "os._exit(3)"),
    both("an abort", Exits("signal 6"), "process.abort();", "os.abort()"),
    both(
        "a kill",
        Exits("signal 9"),
        "process.kill(process.pid, 'SIGKILL'); for (;;) {}",
        "os.kill(os.getpid(), signal.SIGKILL)",
    ),
    both(
        "a segmentation fault",
        Exits("signal 11"),
        "process.kill(process.pid, 'SIGSEGV'); for (;;) {}",
        "ctypes.string_at(0)",
    ),
    node(
        "an exception in a timer",
        Throws("TypeError", "later"),
        "setTimeout(() => { throw new TypeError('later'); }, 1); await new Promise((done) => setTimeout(done, 1e5));",
    ),
    node(
        "a rejection that nobody handles",
        Throws("Runtime.UnhandledPromiseRejection", "Error: nobody"),
        "Promise.reject(new Error('nobody')); await new Promise((done) => setTimeout(done, 1e5));",
    ),
    python("an interrupt", Exits(""), "raise KeyboardInterrupt"),
    python("an exception that is none", Exits(""), "raise BaseException('own')"),
    // Descriptors.
    both(
        "a closed socket",
        AnyOf(&[Exits(""), Breaks]),
        "fs.closeSync(3); return 'done';",
        "os.close(3); return 'done'",
    ),
    both(
        "all descriptors closed",
        AnyOf(&[Exits(""), Breaks]),
        "for (let fd = 0; fd < 64; fd++) try { fs.closeSync(fd); } catch {} return 'done';",
        "os.closerange(0, 64); return 'done'",
    ),
    both(
        "a socket that is read by another",
        AnyOf(&[Late, Exits(""), Breaks]),
        "for (;;) fs.readSync(3, Buffer.alloc(100));",
        "while True: os.read(3, 100)",
    ),
    both(
        "a file in place of the socket",
        AnyOf(&[Late, Exits(""), Breaks]),
        "fs.closeSync(3); fs.openSync('/tmp/trap', 'w+'); return 'done';",
        "os.close(3); os.open('/tmp/trap', os.O_RDWR | os.O_CREAT); return 'done'",
    ),
    both(
        "the output closed",
        Returns("\"done\""),
        "process.stdout.destroy(); process.stderr.destroy(); try { fs.closeSync(1); fs.closeSync(2); } catch {} return 'done';",
        "sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2); return 'done'",
    ),
    // Other processes.
    both(
        "a program",
        REFUSED,
        "require('child_process').execFileSync('/bin/sleep', ['987654']); return 'done';",
        "subprocess.run(['/bin/sleep', '987654'], check=True); return 'done'",
    ),
    both(
        "a program that outlives it",
        REFUSED,
        "await new Promise((done, failed) => require('child_process').spawn('/bin/sleep', ['987654'], { detached: true, stdio: 'ignore' }).on('error', failed).on('spawn', done)); return 'done';",
        "subprocess.Popen(['/bin/sleep', '987654'], start_new_session=True); return 'done'",
    ),
    both(
        "the program replaced",
        AnyOf(&[REFUSED, Throws("TypeError", "")]),
        "process.execve('/bin/sleep', ['sleep', '987654']);",
        "os.execv('/bin/sleep', ['sleep', '987654'])",
    ),
    python("a fork bomb", REFUSED, "while True: os.fork()"),
    node(
        "a fork bomb",
        REFUSED,
        "for (;;) { const child = require('child_process').fork('/var/task/index.js'); await new Promise((done, failed) => child.on('error', failed).on('spawn', done)); }",
    ),
    python(
        "threads without end",
        AnyOf(&[Throws("RuntimeError", "can't start new thread"), Full, Throws("MemoryError", "")]),
        "while True: threading.Thread(target=time.sleep, args=(10**6,)).start()",
    ),
    node(
        "workers without end",
        AnyOf(&[Late, Full, Exits(""), Throws("Error", "")]),
        "const { Worker } = require('worker_threads');
         for (;;) await new Promise((done, failed) => new Worker('setInterval(() => {}, 1e6)', { eval: true }).on('online', done).on('error', failed));",
    ),
    both(
        "a signal to the parent",
        AnyOf(&[Throws("Error", "kill EPERM"), Throws("Error", "kill ESRCH"), Throws("PermissionError", "[Errno 1]"), Throws("ProcessLookupError", "[Errno 3]")]),
        "process.kill(process.ppid, 'SIGKILL'); return 'done';",
        "os.kill(os.getppid(), signal.SIGKILL); return 'done'",
    ),
    // Files and the machine.
    both(
        "a file of the machine",
        AnyOf(&[Throws("Error", "E"), Throws("FileNotFoundError", ""), Throws("PermissionError", "")]),
        "return fs.readFileSync('/etc/shadow', 'utf8');",
        "return open('/etc/shadow').read()",
    ),
    both(
        "the environment of the parent",
        AnyOf(&[Throws("Error", "E"), Throws("FileNotFoundError", ""), Throws("PermissionError", "")]),
        "return fs.readFileSync(`/proc/${process.ppid}/environ`, 'utf8');",
        "return open(f'/proc/{os.getppid()}/environ').read()",
    ),
    both(
        "a file in the bundle",
        AnyOf(&[Throws("Error", "E"), Throws("OSError", "[Errno 30]"), Throws("PermissionError", "")]),
        "fs.writeFileSync(__filename, 'stolen');",
        "open(__file__, 'w').write('stolen')",
    ),
    both(
        "NATS on the machine",
        AnyOf(&[Throws("Error", "connect"), Throws("ConnectionRefusedError", ""), Throws("PermissionError", ""), Throws("OSError", "")]),
        "await new Promise((done, failed) => require('net').connect(4222, '127.0.0.1').on('connect', done).on('error', failed)); return 'done';",
        "socket.create_connection(('127.0.0.1', 4222), 2); return 'done'",
    ),
    // A limit of one byte also keeps the core from a program of the machine.
    python("core files", Returns("[1, 1]"), "return resource.getrlimit(resource.RLIMIT_CORE)"),
];
