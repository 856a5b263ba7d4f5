// Declarations, assignments, branches, switches, labels, and expressions of every kind.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');

const small = { small: true };

function declaration(g) {
  const type = g.pick(['number', 'text', 'array', 'object', 'any']);
  const value = g.expression(type);
  const word = g.pick(['let', 'const', 'var']);
  const name = (word !== 'var' && g.chance(0.12) && g.outerName()) || g.name();
  const made = statement`${word} ${name} = ${value};`;
  g.declare(name, type, word !== 'const');
  return made;
}

function assignment(g) {
  const name = g.reference('any', true);
  if (name === null) return declaration(g);
  const operator = g.pick(['=', '=', '+=', '-=', '*=', '**=', '&&=', '||=', '??=', '|=', '>>>=']);
  return statement`${name} ${operator} ${g.expression()};`;
}

function branch(g) {
  const then = statement`if (${g.condition()}) { ${g.block()} }`;
  return g.chance(0.4) ? statement`${then} else { ${g.block()} }` : then;
}

function choice(g) {
  const f = g.f;
  f.breakable += 1;
  const cases = g.scoped(() => g.times(1 + g.below(4), (i) => {
    const test = g.chance(0.2) ? raw`default` : raw`case ${g.chance(0.5) ? g.literal('number') : g.expression()}`;
    const body = g.chance(0.2) ? [] : g.list(1 + g.below(2));
    if (g.chance(0.5)) body.push(g.chance(0.7) ? statement`break;` : g.maybeJump());
    return { isDefault: test.parts[0] === 'default', node: raw`${test}: ${new List(body, '\n')}`, i };
  }));
  f.breakable -= 1;
  let seen = false;
  const kept = cases.filter((it) => !it.isDefault || (!seen && (seen = true))).map((it) => it.node);
  return statement`switch (${g.expression()}) { ${new List(kept, '\n')} }`;
}

function labeled(g) {
  const label = { name: g.name('out'), loop: false };
  g.f.labels.push(label);
  const body = g.block(2 + g.below(2));
  g.f.labels.pop();
  return statement`${label.name}: { ${body} }`;
}

function block(g) {
  return statement`{ ${g.block(2)} }`;
}

// A function declared in a block is seen elsewhere too in sloppy code, so its name is its own.
function hoisted(g) {
  const name = g.name('f');
  const body = g.within('plain', () => g.block(2));
  const call = statement`t(${g.label()}, ${name}());`;
  const made = statement`function ${name}() { ${body} }`;
  return g.chance(0.5) ? new List([call, made], '\n') : new List([made, call], '\n');
}

function deadZone(g) {
  const name = g.name('late');
  const use = g.choose(
    [1, () => raw`t(${name})`], [1, () => raw`typeof ${name}`], [1, () => raw`${name} = 1`],
    [1, () => raw`(() => ${name})()`], [1, () => raw`[${name}] = [2]`], [1, () => raw`${name} ??= 1`],
  );
  return statement`try { t(${g.label()}, ${use}); } catch (e) { t(${g.label()}, e); } ${g.pick(['let', 'const'])} ${name} = ${g.expression()}; t(${name});`;
}

const binary = ['+', '-', '*', '/', '%', '<', '>', '<=', '>=', '==', '!=', '===', '!==', '&', '|', '^', '<<', '>>', '>>>'];

module.exports = {
  name: 'statements',
  everywhere: true,
  statements: [
    [6, (g) => g.tell(), small],
    [4, declaration, small],
    [3, assignment, small],
    [2, branch],
    [1, choice],
    [1, labeled],
    [0.4, block],
    [0.4, hoisted],
    [0.3, deadZone],
    [1.5, (g) => g.maybeJump(), small],
    [0.3, (g) => statement`${g.expression()};`, small],
  ],
  expressions: [
    [4, (g) => atom`t(${g.label()}, ${g.expression()})`],
    [3, (g) => expression`${g.expression()} ${g.pick(binary)} ${g.expression()}`],
    [2, (g) => expression`${g.expression()} ${g.pick(['&&', '||', '??'])} ${g.expression()}`],
    [1, (g) => expression`${g.condition()} ? ${g.expression()} : ${g.expression()}`],
    [1, (g) => expression`${g.expression()}, ${g.expression()}`],
    [1, (g) => expression`${g.pick(['!', '-', '+', '~', 'typeof ', 'void '])}${g.expression()}`],
    [1, (g) => { const name = g.reference('any', true); return name ? expression`${name} ${g.pick(['=', '+=', '||=', '??=', '&&='])} ${g.expression()}` : g.literal(); }],
    [0.7, (g) => { const name = g.reference('number', true); return name ? g.pick([0, 1]) ? expression`${g.pick(['++', '--'])}${name}` : expression`${name}${g.pick(['++', '--'])}` : g.literal(); }],
    [0.7, (g) => atom`told_object(${g.label()}, ${g.literal()})`],
    [0.3, (g) => atom`boom(${g.label()})`],
    [0.5, (g) => expression`new ${g.pick(['Error', 'TypeError', 'RangeError'])}('~e${(g.count += 1)}')`],
    [0.5, (g) => atom`[${commas(g.times(1 + g.below(3), () => g.expression()))}]`],
    [0.5, (g) => expression`{ ${commas(g.times(1 + g.below(3), () => raw`${g.key()}: ${g.expression()}`))} }`],
  ],
  typed: {
    boolean: [
      [2, (g) => expression`${g.expression()} ${g.pick(['<', '===', '!=', '>=', '=='])} ${g.expression()}`],
      [1, (g) => expression`!${g.expression()}`],
      [1, (g) => g.literal('boolean')],
    ],
    number: [
      [2, (g) => expression`${g.expression('number')} ${g.pick(['+', '-', '*', '%', '|', '&'])} ${g.expression('number')}`],
      [1, (g) => expression`+${g.expression()}`],
    ],
    text: [
      [2, (g) => expression`${g.expression('text')} + ${g.expression()}`],
      [1, (g) => atom`String(${g.expression()})`],
      [0.5, (g) => expression`typeof ${g.expression()}`],
    ],
    array: [[1, (g) => atom`[${commas(g.times(g.below(4), () => (g.chance(0.15) ? raw`...${g.expression('iterable')}` : g.expression())))}]`]],
    object: [
      [2, (g) => expression`{ ${commas(g.times(1 + g.below(3), () => (g.chance(0.15) ? raw`...${g.expression()}` : raw`${g.key()}: ${g.expression()}`)))} }`],
      [1, (g) => atom`told_object(${g.label()}, ${g.literal()})`],
    ],
  },
};
