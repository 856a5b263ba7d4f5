// `this`, `arguments`, `new.target` and `super` in arrow functions within arrow functions.
const async = (value) => value + 1;
const outer = () => () => this === exports;

class Base {
  constructor() { this.name = 'base'; }

  told() { return `told ${this.name}`; }
}

class Derived extends Base {
  field = () => (() => this.name)();

  static kept = (() => () => this === Derived)()();

  constructor() {
    super();
    this.made = [1].map(() => [2].map(() => this.name)[0])[0];
    this.target = (() => () => new.target === Derived)()();
  }

  method(given = () => () => this.name) { return [given()(), (() => () => super.told())()()]; }

  get lazy() { return (() => (() => this.name)())(); }

  set lazy(value) { (() => (() => { this.set = value; })())(); }

  async later() { return (async () => (async () => this.name)())(); }

  * each() { yield* [1, 2].map((n) => [n].map((m) => `${this.name}${m}`)[0]); }

  static fixed() { return (() => (() => this.kept)())(); }

  strict() { 'use strict'; return (() => () => this === undefined)()(); }
}

function plain() { return new Promise((resolve) => { const run = () => { this.count += 1; resolve(this.count); }; run(); }); }

exports.handler = async () => {
  const derived = new Derived();
  derived.lazy = 5;
  const counter = { count: 1, plain, nested: { own() { return (() => () => this.count)()(); }, count: 'own' } };
  const { strict } = derived;
  return [derived.field(), Derived.kept, derived.made, derived.target, derived.method(), derived.lazy, derived.set, await derived.later(), [...derived.each()], Derived.fixed(), strict(), await counter.plain(), counter.nested.own(), outer()(), async(1), [async (1), async(async(2))], (function () { return (() => () => arguments[0])()(); })(7)];
};
