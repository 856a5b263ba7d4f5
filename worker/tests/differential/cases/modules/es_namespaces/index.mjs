// What a namespace object is and is not, before and after its module ran.
import * as me from './index.mjs';
import * as changing from './changing.mjs';
import * as indexed from './indexed.mjs';
import * as empty from './empty.mjs';
import * as late from './late.mjs';
import util from 'node:util';

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return error.name;
  }
};
const early = [
  attempt(() => me.value), attempt(() => Object.keys(me)), attempt(() => me.default), 'value' in me,
  attempt(() => Object.getOwnPropertyDescriptor(me, 'value')), typeof me.hoisted, attempt(() => typeof me.Named),
  Reflect.ownKeys(me).map(String), late.seen, util.inspect(me), util.inspect(empty),
];
export let value = 1;
export class Named {}
export function hoisted() { return this === undefined ? 'unbound' : this === me; }
export default class {}
const odd = 2;
export { odd as 'odd name', odd as __proto__ };

export const handler = async () => ({
  early,
  shown: [util.inspect(changing), util.inspect({ changing }), util.format('%o', late)],
  types: [util.types.isProxy(me), util.types.isModuleNamespaceObject(me), util.types.isModuleNamespaceObject({})],
  described: [Object.getOwnPropertyDescriptor(me, 'value'), Object.getOwnPropertyDescriptor(me, Symbol.toStringTag)],
  keys: [Object.keys(me), Reflect.ownKeys(me).map(String), Object.keys(indexed)],
  prototype: [Object.getPrototypeOf(me), Reflect.setPrototypeOf(me, null), Reflect.setPrototypeOf(me, {})],
  extended: [Object.isExtensible(me), Object.isSealed(me), Object.isFrozen(me), Reflect.preventExtensions(me)],
  changed: [
    attempt(() => { me.value = 2; }), attempt(() => { me.other = 2; }), attempt(() => delete me.value), delete me.other,
    Reflect.set(me, 'value', 2), Reflect.deleteProperty(me, 'value'), Reflect.deleteProperty(me, 'none'),
    Reflect.defineProperty(me, 'value', { value: 1 }), Reflect.defineProperty(me, 'value', { value: 2 }),
    Reflect.defineProperty(me, 'value', { enumerable: false }), Reflect.defineProperty(me, 'other', { value: 2 }),
    attempt(() => Object.freeze(me)),
  ],
  read: [me.value, me.other, me['odd name'], me.__proto__, me[Symbol.toStringTag], me[Symbol.iterator], indexed[0]],
  called: [me.hoisted(), (0, me.hoisted)(), new me.default() instanceof me.default, me.default.name],
  live: [changing.count, changing.increase(), changing.count, { ...changing }.count],
  text: [JSON.stringify(changing), Object.prototype.toString.call(me), attempt(() => `${me}`)],
  same: [(await import('./index.mjs')) === me, (await import('./changing.mjs')) === changing, me.me === undefined],
  copied: Object.entries(Object.assign({}, indexed)),
  has: ['value' in me, 'other' in me, Object.hasOwn(me, 'value'), Symbol.toStringTag in me],
});
