export default
  // with a comment before it
  async (value) => value
export const a = 1, { b, c: [d] } = { b: 2, c: [3] }
export var Kind;
(function (Kind) {
  Kind[(Kind.One = 0)] = 'One';
})(Kind || (Kind = {}));
export class Made {
  static #count = 0;
  #value;
  constructor() { this.#value = ++Made.#count; }
  get value() { return this.#value; }
}
let settled = [];
for (settled of [['first'], ['last']]) settled.push(d);
const odd = 'odd';
export { odd as 'not a name', settled, settled as twice }
