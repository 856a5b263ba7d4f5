//! Code that uses up all memory or the whole stack.

use crate::case::Ends::*;
use crate::case::{Case, DEEP, case};

pub const CASES: &[Case] = &[
    case(
        "a string doubled forty times",
        LateOrFull,
        "let s = 'x'; for (let n = 0; n < 40; n++) s += s; return s.length;",
    ),
    case("a string padded to four billion", Full, "return 'x'.padEnd(4e9).length;"),
    case("a string repeated", Full, "return 'xy'.repeat(2 ** 30).length;"),
    case(
        "a replacement that grows",
        LateOrFull,
        "return 'a'.repeat(1e6).replaceAll('a', 'b'.repeat(1e5)).length;",
    ),
    case(
        "strings without end",
        LateOrFull,
        "const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length);",
    ),
    case(
        "a typed array of two gigabytes",
        Throws("RangeError", ""),
        "return new Uint8Array(2 ** 31).length;",
    ),
    case(
        "typed arrays without end",
        LateOrFull,
        "const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1));",
    ),
    case(
        "a buffer of two gigabytes",
        Throws("RangeError", ""),
        "return Buffer.alloc(2 ** 31).length;",
    ),
    case(
        "a shared buffer that grows",
        Throws("RangeError", ""),
        "return new SharedArrayBuffer(1, { maxByteLength: 2 ** 40 }).byteLength;",
    ),
    case(
        "an array filled to its last index",
        LateOrFull,
        "return new Array(2 ** 32 - 1).fill().length;",
    ),
    case("an array from a length", LateOrFull, "return Array.from({ length: 1e9 }).length;"),
    case(
        "a generator spread",
        LateOrFull,
        "return [...(function* () { while (true) yield 0; })()];",
    ),
    case(
        "an iterator that is never done",
        LateOrFull,
        "return [...{ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) }];",
    ),
    case(
        "a map without end",
        LateOrFull,
        "const all = new Map(); for (let n = 0; ; n++) all.set(n, n);",
    ),
    case(
        "promises that double",
        LateOrFull,
        "await new Promise(() => { const f = () => { Promise.resolve().then(f); Promise.resolve().then(f); }; f(); });",
    ),
    case(
        "a compressed bomb",
        Throws("RangeError", "Cannot create a Buffer larger"),
        "const zlib = require('zlib'); const one = zlib.gzipSync(Buffer.alloc(1 << 18)); return zlib.gunzipSync(Buffer.concat(Array(9000).fill(one))).length;",
    ),
    case(
        "a key derived with all memory",
        Throws("RangeError", ""),
        "return require('crypto').scryptSync('p', 's', 64, { N: 2 ** 24, r: 64 }).length;",
    ),
    case("a recursion", DEEP, "const f = () => f() + 1; return f();"),
    case("a mutual recursion", DEEP, "const f = () => g() + 1, g = () => f() + 1; return f();"),
    case(
        "a getter that gets itself",
        DEEP,
        "const o = { get x() { return this.x; } }; return o.x;",
    ),
    case(
        "a proxy that asks itself",
        DEEP,
        "const p = new Proxy({}, { get: (_, key) => p[key] }); return p.x;",
    ),
    case("a comparison that sorts", DEEP, "const f = () => [2, 1].sort(f); return f();"),
    case(
        "a toJSON that calls JSON",
        DEEP,
        "const o = { toJSON() { return JSON.stringify(o); } }; return JSON.stringify(o);",
    ),
    case("a constructor of itself", DEEP, "class A { constructor() { new A(); } } new A();"),
    case(
        "deeply nested code evaluated",
        Crash,
        "return eval('['.repeat(200000) + ']'.repeat(200000));",
    ),
    case(
        "a deeply nested function body",
        Crash,
        "return new Function('return ' + '('.repeat(200000) + '1' + ')'.repeat(200000))();",
    ),
    case(
        "a deeply nested expression",
        Throws("SyntaxError", ""),
        "return new RegExp('('.repeat(200000) + ')'.repeat(200000)).test('');",
    ),
    case(
        "a long chain of additions evaluated",
        LateOrCrash,
        "return eval('1' + '+1'.repeat(500000));",
    ),
    case(
        "a deeply nested JSON text",
        DEEP,
        "return JSON.parse('['.repeat(200000) + ']'.repeat(200000));",
    ),
    case(
        "a chain of proxies",
        Crash,
        "let p = {}; for (let n = 0; n < 180000; n++) p = Object.create(new Proxy(p, {})); return p.x;",
    ),
];
