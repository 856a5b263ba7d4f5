//! Code that does not end.

use crate::case::Ends::*;
use crate::case::{Case, case};

pub const CASES: &[Case] = &[
    case("an endless loop", Late, "while (true) {}"),
    case(
        "loops in nested functions",
        Late,
        "const inner = () => { for (let n = 0; n < 1e3; n++); };
         const outer = () => { for (;;) inner(); };
         outer();",
    ),
    case("a loop that awaits nothing", Late, "for (;;) await null;"),
    case(
        "an endless async generator",
        Late,
        "for await (const _ of (async function* () { while (true) yield 0; })());",
    ),
    case(
        "a microtask that queues itself",
        Late,
        "await new Promise(() => { const f = () => queueMicrotask(f); f(); });",
    ),
    case(
        "a tick that queues itself",
        Late,
        "await new Promise(() => { const f = () => process.nextTick(f); f(); });",
    ),
    case(
        "an immediate that queues itself",
        Late,
        "await new Promise(() => { const f = () => setImmediate(f); f(); });",
    ),
    case("an interval of zero", Late, "await new Promise(() => setInterval(() => {}, 0));"),
    case("a timer far away", Late, "await new Promise((done) => setTimeout(done, 2 ** 31 - 1));"),
    case("an exponential regular expression", Late, "return /(a+)+$/.test('a'.repeat(40) + '!');"),
    case(
        "a regular expression of nested choices",
        Late,
        "return /^(a|a|a?)*$/.test('a'.repeat(60) + 'b');",
    ),
    case("an endless toString", Late, "return '' + { toString() { while (true); } };"),
    case("an endless valueOf", Late, "return 1 + { valueOf() { while (true); } };"),
    case("an endless toPrimitive", Late, "return +{ [Symbol.toPrimitive]() { while (true); } };"),
    case(
        "an endless getter of what is returned",
        Late,
        "return { get status() { while (true); } };",
    ),
    case("an endless toJSON", Late, "return { toJSON() { while (true); } };"),
    case("an endless getter named then", Late, "return { get then() { while (true); } };"),
    case(
        "a proxy that never lists its keys",
        Late,
        "return new Proxy({}, { ownKeys() { while (true); } });",
    ),
    case(
        "an endless message of a thrown error",
        Late,
        "const e = new Error(); Object.defineProperty(e, 'message', { get() { while (true); } }); throw e;",
    ),
    case("an endless static block", Late, "class Endless { static { while (true); } }"),
    case("an endless comparison", Late, "[2, 1].sort(() => { while (true); });"),
    case("an endless replacer", Late, "return 'a'.replace(/a/, () => { while (true); });"),
    case(
        "JSON parsed without end",
        Late,
        "const text = JSON.stringify(Array(1e3).fill({ a: 1 })); for (;;) JSON.parse(text);",
    ),
    case(
        "a key derived a billion times",
        Late,
        "return require('crypto').pbkdf2Sync('p', 's', 1e9, 64, 'sha512').length;",
    ),
    case("a number of ten million digits", LateOrFull, "return String(2n ** 100000000n).length;"),
    case("weak references without end", LateOrFull, "for (;;) new WeakRef({});"),
    case(
        "a registry of everything",
        LateOrFull,
        "const all = new FinalizationRegistry(() => {}); for (;;) all.register({}, 0);",
    ),
    case(
        "a thrown error caught without end",
        Late,
        "for (;;) try { throw new Error('again'); } catch {}",
    ),
    case("a finally that goes on", Late, "for (;;) try { return 1; } finally { continue; }"),
    case(
        "a sorted sparse array",
        LateOrFull,
        "const all = []; all[4e9] = 1; all.length = 4e9; all.sort(); return all.length;",
    ),
];
