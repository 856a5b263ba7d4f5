export default class Lib {}
export const a = 1, list = [1, 2, 3], object = { x: { y: 'z' } };
export function f(value) { return this === undefined ? value * 10 : 'bound'; }
f.bound = function () { return this === f; };
export const unbound = function () { return this === undefined; };
export const tag = function (strings, ...values) { return [this === undefined, strings.raw.join('|'), ...values]; };
export class Class { constructor(value) { this.value = value; } get() { return this.value; } }
export let counter = 0;
export const change = () => { counter += 1; };
const named = 'odd';
export { named as 'odd name' };
