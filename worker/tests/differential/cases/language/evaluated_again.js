// Evaluated code declares names, time and again, and shares some with the file around it.
const first = (texts) => `${texts[0]}|${texts.raw[0]}|${texts.length}`;
const inFile = (v) => [first`file\n`, first`a${v}b`, ((t) => t)`x` === ((t) => t)`x`];

class Own {
  #hidden = 1;
  sum(text) { return this.#hidden + (0, eval)(text); }
  static tries(text) {
    try { (class { static { throw new Error('static'); } get #late() { return 1; } use() { return this.#late; } }); } catch { /* goes on */ }
    return (0, eval)(text);
  }
}

exports.handler = async (event) => {
  const seen = [];
  const texts = [
    '{ function inBlock() { return 1; } } typeof inBlock + inBlock()',
    'if (true) function branch() { return 2; }\n branch()',
    'switch (1) { case 1: function inCase() { return 3; } } inCase()',
    'try { throw 1; } catch (caught) { { function caught() { return 4; } } } typeof caught',
    'let taken = 5; { function taken() {} } typeof taken',
    "'use strict'; { function strict() {} } typeof strict",
    '{ async function later() {} } typeof later',
    'var v = 1; { function v() { return 6; } } v()',
    '{ function twice() { return 7; } function twice() { return 8; } } twice()',
  ];
  for (const text of texts) {
    for (let at = 0; at < 3; at++) {
      const run = (around) => { try { return [eval(text), around]; } catch (error) { return error.name; } };
      seen.push(run(at), await (async () => { try { return eval(text); } catch (error) { return error.name; } })());
    }
  }
  for (let at = 0; at < 40; at++) seen.push(eval(`first\`e${at}\``), (0, eval)(`((t) => t[0])\`g${at}\``));
  for (const text of ['try { 1; if (false) 2; } catch (e) {}', 'for (const x of [1, 2]) { try { x; } catch (e) {} if (x > 1) 3 }', '4; if (0) if (1) 5', '6; if (1) if (0) 7; else 8', '9; if (0) function none() {}', 'do { 10; if (1) break; } while (0)', '11; if (0) 12\n', 'out: { 13; if (1) { 14; break out } }', '15; (() => { if (0) 16; })(); if (0) ;']) {
    seen.push(eval(text), (0, eval)(text));
  }
  seen.push(inFile(1), inFile(2));
  seen.push(new Own().sum('2 + 3'), Own.tries('4'), Own.tries('5'));
  const beside = (a, b = () => a) => {
    const types = [typeof hoisted, typeof branch];
    { function hoisted() { return b(); } hoisted = 5; types.push(typeof hoisted); }
    if (a) function branch() { return 'branch'; }
    for (const x of [1, 2]) { function looped() { return x; } }
    return [types, hoisted(), branch(), looped()];
  };
  seen.push(beside(7), beside(8));
  seen.push(((named = () => 1, { inner = class {} } = {}, ...rest) => [named.name, inner.name, rest.length])());
  seen.push((function (named = () => 1, other = function () {}, shape = class {}, __proto__ = () => 2) { return [named.name, other.name, shape.name, __proto__.name]; })());
  const ends = (kind) => { for (const x of [kind]) { try { if (x) return () => x; return class {}; } finally { seen.push('finally'); } } };
  seen.push(ends(1).name, ends(0).name);
  const late = (k) => { try { switch (k) { case 1: class Late { static n = 1; } break; default: return Late; } return 'broke'; } catch (error) { return error.name; } };
  seen.push(late(1), late(2));
  return [event, seen];
};
