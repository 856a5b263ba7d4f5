export * from './changing.mjs';
export * as inner from './values.mjs';
export { Kind as renamed, default } from './values.mjs';
import * as functions from './functions.mjs';
export { functions };
