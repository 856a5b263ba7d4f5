// A program as a tree: texts, nodes in them, and lists whose items may go one by one.
//
// The writer makes trees, `print` makes texts of them, and `edits` tells in which ways a tree may
// become smaller, for what minimizes programs.

'use strict';

class Node {
  /** `kind`: `statement`, `expression` (in brackets where it needs them), `atom` (an expression that
   * never does) or `part` (of whatever grammar). */
  constructor(kind, parts) {
    this.kind = kind;
    this.parts = parts;
  }
}

class List {
  constructor(items, separator) {
    this.items = items;
    this.separator = separator;
  }
}

const tag = (kind) => (texts, ...values) => {
  const parts = [];
  texts.forEach((text, i) => {
    if (text !== '') parts.push(text);
    if (i < values.length) parts.push(part(values[i]));
  });
  return new Node(kind, parts);
};

function part(value) {
  if (value instanceof Node || value instanceof List) return value;
  if (Array.isArray(value)) return new List(value, '\n');
  return String(value);
}

const statement = tag('statement');
const expression = tag('expression');
const atom = tag('atom');
const raw = tag('part');

/** Items with commas between. */
const commas = (items) => new List(items, ', ');

const isExpression = (node) => node.kind === 'expression' || node.kind === 'atom';

/** The tree's text, with the nodes that `replaced` knows as it says (null: not there). */
function print(tree, replaced = new Map()) {
  if (replaced.has(tree)) {
    const other = replaced.get(tree);
    if (other === null) return null;
    return typeof other === 'string' ? other : print(other, replaced);
  }
  if (typeof tree === 'string') return tree;
  if (tree instanceof List) {
    const texts = tree.items.map((item) => print(part(item), replaced));
    return texts.filter((text) => text !== null).join(tree.separator);
  }
  const text = tree.parts.map((item) => print(item, replaced) ?? '').join('');
  if (tree.kind !== 'expression' || /^[\w$]+$|^'[^'\\]*'$/.test(text)) return text;
  return `(${text})`;
}

function* within(tree) {
  const parts = tree instanceof List ? tree.items.map(part) : tree instanceof Node ? tree.parts : [];
  for (const child of parts) {
    if (typeof child === 'string') continue;
    yield child;
    yield* within(child);
  }
}

/** Nodes of a kind that are next below a tree. */
function nearest(tree, wanted) {
  const found = [];
  const look = (node) => {
    const parts = node instanceof List ? node.items.map(part) : node.parts;
    for (const child of parts) {
      if (typeof child === 'string') continue;
      if (child instanceof Node && wanted(child)) found.push(child);
      else look(child);
    }
  };
  look(tree);
  return found;
}

/** All ways to make a tree, already changed by `replaced`, one step smaller: each a list of
 * `[node, replacement]`. Those that take most come first. */
function edits(tree, replaced) {
  const steps = [];
  const size = (node) => (print(node, replaced) ?? '').length;
  const offer = (saved, changes) => saved > 0 && steps.push({ saved, changes });
  const visit = (node) => {
    if (typeof node === 'string') return;
    if (replaced.has(node)) {
      const other = replaced.get(node);
      if (other !== null && typeof other !== 'string') visit(other);
      return;
    }
    if (node instanceof List) {
      const there = node.items.filter((item) => item instanceof Node && replaced.get(item) !== null);
      for (let width = there.length; width >= 1; width = Math.floor(width / 2)) {
        for (let from = 0; from < there.length; from += width) {
          const some = there.slice(from, from + width);
          const saved = some.reduce((sum, item) => sum + size(item) + 1, 0);
          offer(saved, some.map((item) => [item, null]));
        }
      }
      for (const item of node.items) if (typeof item !== 'string') visit(item);
      return;
    }
    if (isExpression(node)) {
      if (size(node) > 1) offer(size(node) - 1, [[node, '0']]);
      for (const child of nearest(node, isExpression)) {
        offer(size(node) - size(child), [[node, child]]);
      }
    }
    if (node.kind === 'statement') {
      const inner = nearest(node, (child) => child.kind === 'statement');
      if (inner.length > 0) {
        const all = new List(inner, '\n');
        offer(size(node) - size(all), [[node, all]]);
        for (const child of inner) offer(size(node) - size(child), [[node, child]]);
      }
    }
    node.parts.forEach(visit);
  };
  visit(tree);
  return steps.sort((a, b) => b.saved - a.saved).map((step) => step.changes);
}

module.exports = { Node, List, statement, expression, atom, raw, commas, print, edits, within };
