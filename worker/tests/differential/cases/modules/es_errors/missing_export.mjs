import { nope } from './one.mjs'; globalThis.runs = 'never';
