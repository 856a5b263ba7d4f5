//! Code that does not end, and code that fills memory, disk or the log.

use crate::attack::Ends::*;
use crate::attack::{Attack, Ends, both, node, python};

const LATE_OR_FULL: Ends =
    AnyOf(&[Late, Full, Exits(""), Throws("MemoryError", ""), Throws("RangeError", "")]);

pub const ATTACKS: &[Attack] = &[
    // Endless.
    both("an endless loop", Late, "while (true) {}", "while True: pass"),
    both(
        "a loop that catches everything",
        Late,
        "process.on('SIGTERM', () => {}); for (;;) try { for (;;) {} } catch {}",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException: pass",
    ),
    both(
        "an exponential regular expression",
        Late,
        "return /(a+)+$/.test('a'.repeat(40) + '!');",
        "return bool(re.match('(a+)+$', 'a' * 40 + '!'))",
    ),
    both(
        "a wait without end",
        Late,
        "await new Promise((done) => setTimeout(done, 2 ** 31 - 1));",
        "time.sleep(10**6)",
    ),
    both(
        "a wait that blocks",
        Late,
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    ),
    both(
        "a process that stops itself",
        Late,
        "process.kill(process.pid, 'SIGSTOP'); await new Promise((done) => setTimeout(done, 1e6));",
        "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(10**6)",
    ),
    both(
        "an exit that loops",
        Late,
        "process.on('exit', () => { for (;;) {} }); process.exit(0);",
        "import atexit
def loop():
    while True: pass
atexit.register(loop)
sys.exit(0)",
    ),
    node("microtasks without end", Late, "for (;;) await null;"),
    node(
        "a promise that never settles",
        Throws("Runtime.NodeJsExit", ""),
        "await new Promise(() => {});",
    ),
    node("an endless toJSON", Late, "return { toJSON() { for (;;) {} } };"),
    python(
        "a thread that never ends",
        Returns("\"done\""),
        "def loop():
    while True: pass
threading.Thread(target=loop).start()
return 'done'",
    ),
    python(
        "a thread that sleeps for ever",
        Returns("\"done\""),
        "threading.Thread(target=time.sleep, args=(10**6,)).start(); return 'done'",
    ),
    node(
        "a worker that never ends",
        AnyOf(&[Returns("\"done\""), Throws("Error", "")]),
        "const { Worker } = require('worker_threads');
         new Worker('for (;;) {}', { eval: true });
         return 'done';",
    ),
    // Memory.
    both(
        "memory without end",
        LATE_OR_FULL,
        "const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length);",
        "everything = []
while True: everything.append('x' * (1 << 20) + str(len(everything)))",
    ),
    both(
        "touched buffers without end",
        LATE_OR_FULL,
        "const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1));",
        "everything = []
while True: everything.append(bytearray(b'x' * (1 << 24)))",
    ),
    both(
        "eight gigabytes at once",
        LATE_OR_FULL,
        "return new Uint8Array(2 ** 33).fill(1).length;",
        "return len(b'x' * (1 << 33))",
    ),
    both(
        "a recursion without end",
        AnyOf(&[
            Throws("RangeError", "Maximum call stack"),
            Throws("RecursionError", "maximum recursion depth"),
        ]),
        "const f = () => f() + 1; return f();",
        "f = lambda: f() + 1
return f()",
    ),
    python(
        "a recursion without its limit",
        AnyOf(&[Exits("signal 11"), Full, Throws("MemoryError", "")]),
        "sys.setrecursionlimit(10**9)
def f(): return [f() for _ in (1,)]
return f()",
    ),
    both(
        "files without end",
        AnyOf(&[
            Throws("Error", "ENOSPC"),
            Throws("OSError", "[Errno 28]"),
            Throws("Error", "EDQUOT"),
            Full,
            Late,
        ]),
        "for (let n = 0; n < 2000; n++) fs.writeFileSync('/tmp/' + n, Buffer.alloc(1 << 20, 1));",
        "for n in range(2000):
    with open(f'/tmp/{n}', 'wb') as file: file.write(b'x' * (1 << 20))",
    ),
    // Output.
    both(
        "a gigabyte by the console",
        AnyOf(&[Late, Returns("\"done\"")]),
        "for (let n = 0; n < 20000; n++) console.log('x'.repeat(50000)); return 'done';",
        "for n in range(20000): print('x' * 50000)
return 'done'",
    ),
    both(
        "a gigabyte on the descriptors",
        AnyOf(&[Late, Returns("\"done\"")]),
        "const part = Buffer.alloc(1 << 20, 'x'); for (let n = 0; n < 1000; n++) fs.writeSync(1 + (n & 1), part); return 'done';",
        "part = b'x' * (1 << 20)
for n in range(1000): os.write(1 + (n & 1), part)
return 'done'",
    ),
    both("lines without end", Late, "for (;;) console.log('');", "while True: print()"),
    both(
        "a body of twenty megabytes",
        AnyOf(&[Throws("Function.ResponseSizeTooLarge", ""), Rejected("over its limit of")]),
        "return { status: '200', body: 'x'.repeat(2e7) };",
        "return {'status': '200', 'body': 'x' * (2 * 10**7)}",
    ),
];
