import { odd, seen } from './odd.mjs';
export function even(number) { return number === 0 || odd(number - 1); }
export const early = seen;
let asked = 0;
export const state = () => ++asked;
