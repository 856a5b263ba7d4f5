export { nope as a } from './one.mjs';
