// `try`, `catch` and `finally` in all nestings, with jumps out of each part.

'use strict';

const { List, statement, expression, raw } = require('../writer.cjs');

function body(g, abrupt) {
  return g.scoped(() => {
    const statements = g.list(1 + g.below(2));
    if (g.chance(abrupt)) statements.push(g.maybeJump());
    return new List(statements, '\n');
  });
}

function caught(g) {
  const form = g.below(5);
  if (form === 0) return raw`catch { ${body(g, 0.4)} }`;
  return g.scoped(() => {
    const name = g.name('e');
    const binding = form === 1 ? `{ message: ${name} }` : form === 2 ? `{ message: ${name} = ${g.label()}, ...rest${name} }` : name;
    g.declare(name, 'any');
    const again = g.chance(0.3) ? new List([statement`throw ${name};`], '\n') : '';
    return raw`catch (${binding}) { t(${g.label()}, ${name}); ${body(g, 0.35)} ${again} }`;
  });
}

function trying(g) {
  const tried = body(g, 0.6);
  const form = g.below(4);
  if (form === 0) return statement`try { ${tried} } ${caught(g)}`;
  // Jumps out of `finally` that discard what was under way come up often enough.
  const last = raw`finally { t(${g.label()}); ${body(g, 0.25)} }`;
  if (form === 1) return statement`try { ${tried} } ${last}`;
  return statement`try { ${tried} } ${caught(g)} ${last}`;
}

function guarded(g, make) {
  const name = g.name('r');
  const kind = 'plain';
  const inner = g.within(kind, () => make(g));
  const guard = g.name('e');
  return new List([
    statement`const ${name} = () => { ${inner} };`,
    statement`try { t(${g.label()}, ${name}()); } catch (${guard}) { t(${g.label()}, ${guard}); }`,
  ], '\n');
}

// The engine may lose or keep an exception when other code throws and catches meanwhile.
function noise(g) {
  return g.choose(
    [1, () => statement`try { JSON.parse('{'); } catch {}`],
    [1, () => statement`try { null.a; } catch { t('noise'); }`],
    [1, () => statement`[3, 1, 2].sort((a, b) => { try { throw a; } catch (e) { return e - b; } finally { void 0; } });`],
    [1, () => statement`t('noise', [1, 2].map((a) => { try { throw a; } catch (e) { return e; } finally { t('f'); } }));`],
  );
}

module.exports = {
  name: 'exceptions',
  statements: [
    [3, trying],
    [1, (g) => guarded(g, (h) => new List([trying(h), h.tell()], '\n'))],
    [0.4, noise, { small: true }],
    [0.6, (g) => statement`throw ${g.error()};`, { small: true }],
  ],
  expressions: [
    [0.4, (g) => {
      const inner = g.within('plain', () => g.block(1));
      return expression`(() => { try { ${inner} } catch (e) { return e; } finally { t(${g.label()}); } })()`;
    }],
  ],
};
