//! Code that speaks to the supervisor in the bootstrap's place.

use crate::attack::Ends::*;
use crate::attack::{Attack, both};

/// Each of these frames is written to the socket, and then the handler returns.
pub const ATTACKS: &[Attack] = &[
    both(
        "an answer for another event",
        Breaks,
        "frame('[[\"done\",999999,1,\"stolen\"]]'); return 'done';",
        "frame('[[\"done\",999999,1,\"stolen\"]]'); return 'done'",
    ),
    both(
        "answers for all events",
        Breaks,
        "for (let id = 0; id < 100; id++) frame(`[[\"done\",${id},1,\"stolen\"]]`); return 'done';",
        "for id in range(100): frame(f'[[\"done\",{id},1,\"stolen\"]]')
return 'done'",
    ),
    both(
        "a second start",
        Breaks,
        "frame('[[\"loaded\",1]]'); return 'done';",
        "frame('[[\"loaded\",1]]'); return 'done'",
    ),
    both(
        "a second beginning",
        Breaks,
        "frame('[[\"ready\",{\"runtime\":\"nodejs\",\"version\":\"1\"}]]'); return 'done';",
        "frame('[[\"ready\",{\"runtime\":\"python\",\"version\":\"1\"}]]'); return 'done'",
    ),
    both(
        "a rejection afterwards",
        Breaks,
        "frame('[[\"rejected\",{\"errorType\":\"E\",\"errorMessage\":\"m\",\"trace\":[]}]]'); return 'done';",
        "frame('[[\"rejected\",{\"errorType\":\"E\",\"errorMessage\":\"m\",\"trace\":[]}]]'); return 'done'",
    ),
    both(
        "an unknown message",
        Breaks,
        "frame('[[\"grant\",\"everything\"]]'); return 'done';",
        "frame('[[\"grant\",\"everything\"]]'); return 'done'",
    ),
    both(
        "a frame that is no JSON",
        Breaks,
        "frame('nonsense'); return 'done';",
        "frame('nonsense'); return 'done'",
    ),
    both(
        "a frame that is no list",
        Breaks,
        "frame('{\"done\":1}'); return 'done';",
        "frame('{\"done\":1}'); return 'done'",
    ),
    both(
        "a frame nested without end",
        Breaks,
        "frame('['.repeat(1e6)); return 'done';",
        "frame('[' * 10**6); return 'done'",
    ),
    both(
        "a value nested without end",
        AnyOf(&[Breaks, Rejected("nested")]),
        "for (let id = 0; id < 100; id++) frame(`[[\"done\",${id},1,${'['.repeat(1e5)}${']'.repeat(1e5)}]]`); return 'done';",
        "for id in range(100): frame(f'[[\"done\",{id},1,{\"[\" * 10**5}{\"]\" * 10**5}]]')
return 'done'",
    ),
    both(
        "a frame that is too long",
        AnyOf(&[Breaks, Exits("")]),
        "fs.writeSync(3, Buffer.from([255, 255, 255, 255])); for (;;) fs.writeSync(3, Buffer.alloc(1 << 20));",
        "os.write(3, b'\\xff' * 4)
while True: os.write(3, bytes(1 << 20))",
    ),
    both(
        "half a frame",
        AnyOf(&[Breaks, Late]),
        "fs.writeSync(3, Buffer.from([0, 0, 0, 100, 91])); return 'done';",
        "os.write(3, bytes([0, 0, 0, 100, 91])); return 'done'",
    ),
    both(
        "log messages of other events",
        AnyOf(&[Breaks, Returns("\"done\"")]),
        "for (let n = 0; n < 1000; n++) frame(`[[\"log\",${n + 5000},\"info\",\"stolen\"]]`); return 'done';",
        "for n in range(1000): frame(f'[[\"log\",{n + 5000},\"info\",\"stolen\"]]')
return 'done'",
    ),
    both(
        "log messages without end",
        AnyOf(&[Breaks, Late]),
        "const many = '[' + Array(10000).fill('[\"log\",null,\"info\",\"x\"]').join() + ']'; for (;;) frame(many);",
        "many = '[' + ','.join(['[\"log\",null,\"info\",\"x\"]'] * 10000) + ']'
while True: frame(many)",
    ),
    both(
        "a beginning of another event",
        Breaks,
        "frame('[[\"started\",999999]]'); return 'done';",
        "frame('[[\"started\",999999]]'); return 'done'",
    ),
    both(
        "beginnings without end",
        Breaks,
        "const many = (id) => '[' + Array(10000).fill(`[\"started\",${id}]`).join() + ']'; for (let id = 0; ; id = (id + 1) % 9) frame(many(id));",
        "while True:
    for id in range(9): frame('[' + ','.join([f'[\"started\",{id}]'] * 10000) + ']')",
    ),
    both(
        "an end that does not come",
        AnyOf(&[Late, Exits("")]),
        "frame('[[\"ends\"]]'); for (;;) {}",
        "frame('[[\"ends\"]]')
while True: pass",
    ),
    both(
        "an end in the middle",
        Returns("\"done\""),
        "frame('[[\"ends\"]]'); return 'done';",
        "frame('[[\"ends\"]]'); return 'done'",
    ),
    both(
        "empty frames without end",
        AnyOf(&[Breaks, Late]),
        "const many = Buffer.alloc(60000); for (let at = 0; at < 60000; at += 6) many.write('\\0\\0\\0\\x02[]', at); for (;;) fs.writeSync(3, many);",
        "while True: os.write(3, b'\\0\\0\\0\\2[]' * 10000)",
    ),
];
