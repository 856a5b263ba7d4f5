export * from './one.mjs'; export * from './other.mjs';
