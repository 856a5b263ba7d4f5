// Writes one program: chooses among what the areas have to offer, and knows where it is, so that
// what it writes can be read and ends.

'use strict';

const { Node, List, statement, expression, atom, raw, commas } = require('./tree.cjs');
const { Random } = require('./random.cjs');

/** What a function allows within it. */
const KINDS = {
  plain: { yields: false, awaits: false },
  async: { yields: false, awaits: true },
  generator: { yields: true, awaits: false },
  asyncGenerator: { yields: true, awaits: true },
};

/** Deepest nesting of statements, and of expressions in one. */
const MAX_DEPTH = 5;
const MAX_EXPRESSION = 4;

class Writer {
  /** `areas` are all there are, `main` the names of those that this program is about. */
  constructor(seed, areas, main, options = {}) {
    this.random = new Random(seed);
    this.areas = areas;
    this.main = main;
    this.strict = options.strict ?? true;
    this.module = options.module ?? false;
    this.count = 0;
    this.depth = 0;
    this.expressionDepth = 0;
    /** How much may still be written before only small things are. */
    this.left = options.size ?? 60;
    this.scopes = [[]];
    this.functions = [];
    this.top = [];
    this.uses = new Set();
  }

  // === choosing ===

  chance(share) { return this.random.chance(share); }
  below(end) { return this.random.below(end); }
  pick(list) { return this.random.pick(list); }
  /** Calls one of the functions of `[weight, function]`. */
  choose(...pairs) { return this.random.weighted(pairs)(this); }
  /** Some of a list, at least one, in its order. */
  some(list) {
    const kept = list.filter(() => this.chance(0.5));
    return kept.length > 0 ? kept : [this.pick(list)];
  }
  times(count, make) { return Array.from({ length: count }, (_, i) => make(i)); }

  // === names ===

  name(prefix = 'v') {
    this.count += 1;
    return prefix + this.count;
  }

  /** A text that is different each time. */
  label() {
    this.count += 1;
    return `'${this.pick('abcdefgh')}${this.count}'`;
  }

  declare(name, type = 'any', writable = true) {
    this.scopes[this.scopes.length - 1].push({ name, type, writable });
    return name;
  }

  known(types, writable = false) {
    const wanted = [types].flat();
    const found = [];
    for (const scope of this.scopes) {
      for (const it of scope) {
        if ((wanted.includes('any') || wanted.includes(it.type)) && (!writable || it.writable)) found.push(it);
      }
    }
    return found;
  }

  /** The name of something known, or null. */
  reference(types, writable = false) {
    const found = this.known(types, writable);
    // What was declared last is nearest to what is tried.
    return found.length === 0 ? null : this.pick(this.chance(0.5) ? found.slice(-3) : found).name;
  }

  /** The name of something further out, for what hides it; null if there is none. */
  outerName() {
    const taken = new Set(this.scopes.slice(-3).flat().map((it) => it.name));
    const names = this.scopes.slice(1, -3).flat().map((it) => it.name).filter((name) => !taken.has(name));
    return names.length === 0 ? null : this.pick(names);
  }

  /** Something declared before the program runs, in its outermost scope. */
  hoist(node) {
    this.top.push(node);
  }

  scoped(make) {
    this.scopes.push([]);
    try { return make(); } finally { this.scopes.pop(); }
  }

  // === functions ===

  get f() { return this.functions[this.functions.length - 1]; }

  /** Writes within a function of a kind. Arrows keep what `this` and `super` may be. */
  within(kind, make, more = {}) {
    const outer = this.f;
    const { strict } = this;
    // The code of classes is strict whatever is around it.
    if (more.inClass) this.strict = true;
    const arrow = more.arrow && outer;
    const own = {
      kind, ...KINDS[kind], returns: true, labels: [], breakable: 0, loops: 0,
      hasThis: arrow ? outer.hasThis : false, superProperty: arrow ? outer.superProperty : false,
      hasArguments: arrow ? outer.hasArguments : true, ...more,
    };
    this.functions.push(own);
    try { return this.scoped(make); } finally { this.functions.pop(); this.strict = strict; }
  }

  /** Writes where nothing may be yielded or awaited: parameters, and whatever runs by itself. */
  pausing(make) {
    const { f } = this;
    const { yields, awaits } = f;
    f.yields = f.awaits = false;
    try { return make(); } finally { Object.assign(f, { yields, awaits }); }
  }

  // === statements ===

  /** A list of statements with a scope of its own. */
  block(count = 1 + this.below(3)) {
    return this.scoped(() => new List(this.list(count), '\n'));
  }

  list(count) {
    this.depth += 1;
    try { return this.times(count, () => this.statement()); } finally { this.depth -= 1; }
  }

  statement() {
    this.left -= 1;
    const small = this.depth > MAX_DEPTH || this.left < 0;
    const chosen = this.production('statements', small);
    return chosen(this);
  }

  /** A production that fits here. With `small`, one that has nothing nested in it. */
  production(what, small) {
    const pairs = [];
    for (const area of this.areas) {
      const isMain = this.main.includes(area.name);
      if (!isMain && this.main.length > 0 && !area.everywhere && this.random.chance(0.6)) continue;
      for (const [weight, make, fits = {}] of area[what] ?? []) {
        if (small && !fits.small) continue;
        if (!this.allows(fits)) continue;
        pairs.push([isMain ? weight * 10 : weight, make]);
      }
    }
    if (pairs.length === 0) return what === 'statements' ? (g) => g.tell() : (g) => g.literal();
    return this.random.weighted(pairs);
  }

  allows(fits) {
    const f = this.f;
    if (fits.awaits && !f.awaits) return false;
    if (fits.yields && !f.yields) return false;
    if (fits.hasThis && !f.hasThis) return false;
    if (fits.hasArguments && !f.hasArguments) return false;
    if (fits.superProperty && !f.superProperty) return false;
    if (fits.sloppy && this.strict) return false;
    if (fits.breakable && f.breakable === 0) return false;
    if (fits.loops && f.loops === 0) return false;
    if (fits.returns && !f.returns) return false;
    if (fits.outermost && this.functions.length > 1) return false;
    return true;
  }

  /** A statement that traces a value. */
  tell() {
    return statement`t(${this.label()}, ${this.expression()});`;
  }

  // === expressions ===

  expression(type = 'any') {
    this.expressionDepth += 1;
    try {
      const small = this.expressionDepth > MAX_EXPRESSION || this.left < 0;
      if (small || this.chance(0.3)) return this.leaf(type);
      this.left -= 0.3;
      if (type !== 'any') return this.typed(type);
      return this.production('expressions', false)(this);
    } finally { this.expressionDepth -= 1; }
  }

  leaf(type) {
    const name = this.chance(0.7) ? this.reference(type) : null;
    return name === null ? this.literal(type) : expression`${name}`;
  }

  /** An expression whose value is most likely of a type. */
  typed(type) {
    const pairs = [];
    for (const area of this.areas) {
      for (const [weight, make, fits = {}] of area.typed?.[type] ?? []) {
        if (this.allows(fits)) pairs.push([this.main.includes(area.name) ? weight * 6 : weight, make]);
      }
    }
    return pairs.length === 0 ? this.leaf(type) : this.random.weighted(pairs)(this);
  }

  literal(type = 'any') {
    switch (type) {
      case 'number': return expression`${this.pick(['0', '1', '2', '3', '7', '-1', '0.5', '-0', 'NaN', '100', '4294967295'])}`;
      case 'text': return expression`'${this.pick(['', 'a', 'b', 'ab', 'abc', 'x1', 'length', '0', '1', 'role', 'Aa', 'b,c', ' q '])}'`;
      case 'boolean': return expression`${this.pick(['true', 'false'])}`;
      case 'array': return expression`[${commas(this.times(this.below(4), () => this.literal(this.pick(['number', 'text', 'boolean']))))}]`;
      case 'object': return expression`{ ${commas(this.times(this.below(4), () => raw`${this.key()}: ${this.literal('number')}`))} }`;
      case 'function': return expression`() => t(${this.label()})`;
      case 'iterable': return expression`[${commas(this.times(1 + this.below(3), () => this.literal('number')))}]`;
      case 'promise': return atom`Promise.resolve(${this.literal('number')})`;
      default: return this.choose(
        [4, (g) => g.literal('number')], [4, (g) => g.literal('text')], [1, (g) => g.literal('boolean')],
        [1, () => expression`${this.pick(['null', 'undefined'])}`], [1, (g) => g.literal('array')],
        [1, (g) => g.literal('object')],
      );
    }
  }

  /** The name of a property; few, so that they meet. */
  key() {
    return this.pick(['a', 'b', 'c', 'x', 'y', 'role', 'value', 'k']);
  }

  /** A condition that is true at times. */
  condition() {
    return this.choose(
      [3, (g) => { const name = g.reference('counter'); return name ? expression`${name} ${g.pick(['===', '<', '>', '!=='])} ${g.below(3)}` : expression`true`; }],
      [2, (g) => g.expression('boolean')],
      [1, (g) => expression`t(${g.label()}, ${g.expression()})`],
      [1, () => expression`true`],
    );
  }

  /** Leaves a block at times, when that is possible: a jump, or an error. */
  jump() {
    const f = this.f;
    const pairs = [[2, (g) => statement`throw ${g.error()};`]];
    if (f.returns) pairs.push([2, (g) => (g.chance(0.3) ? statement`return;` : statement`return ${g.expression()};`)]);
    if (f.breakable > 0) pairs.push([3, () => statement`break;`]);
    if (f.loops > 0) pairs.push([3, () => statement`continue;`]);
    if (f.labels.length > 0) pairs.push([3, (g) => { const label = g.pick(f.labels); return statement`${label.loop && g.chance(0.5) ? 'continue' : 'break'} ${label.name};`; }]);
    return this.random.weighted(pairs)(this);
  }

  maybeJump() {
    return this.chance(0.6) ? statement`if (${this.condition()}) ${this.jump()}` : this.jump();
  }

  error() {
    return this.choose(
      [6, (g) => { g.count += 1; return expression`new Error('~e${g.count}')`; }],
      [1, (g) => { g.count += 1; return expression`new TypeError('~e${g.count}')`; }],
      [1, (g) => g.literal()],
    );
  }
}

module.exports = { Writer, Node, List, statement, expression, atom, raw, commas };
