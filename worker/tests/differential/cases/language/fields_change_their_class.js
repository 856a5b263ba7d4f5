// Fields whose initializers change their class: order, names, private ones, derived classes.
'use strict';

class Shop {
  static count = 0;
  static #secret = 10;
  before = Shop.count;
  id = ++Shop.count;
  after = this.id + 1;
  name = () => this.id;
  'two words' = [this.after, Shop.#secret++];
  7 = Shop.next();
  #hidden = () => () => this.id * Shop.#secret;
  empty;
  static next() { return (this.count += 10); }
  get secret() { return [this.#hidden()(), this.#hidden.name]; }
}

class Market extends Shop {
  static made = [];
  stalls = (this.constructor.opened = (this.constructor.opened ?? 0) + 1);
  made = Market.made.push(this.id);
  constructor(...names) {
    const make = () => super(...names);
    const self = make();
    this.self = self === this;
    this.length = names.length;
  }
}

class Fair extends Market {
  static days = 0;
  day = [Fair.days++, super.secret.length];
  nested = new (class Inner { static n = 0; at = (Inner.n += 1); })().at;
}

const described = (object) => [
  Object.entries(object).map(([key, value]) => [key, typeof value === 'function' ? value.name : value]),
  object.secret,
  object.name(),
];

exports.handler = async () => [
  described(new Shop()), described(new Market('a', 'b')), described(new Fair('c')),
  [Shop.count, Market.opened, Fair.opened, Market.made, Fair.days],
  Object.getOwnPropertyDescriptor(new Shop(), 'id'),
  Object.getOwnPropertyNames(Shop.prototype),
  new Fair() instanceof Shop,
];
