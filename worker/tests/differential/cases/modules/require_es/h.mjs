export * from './a.mjs'; import './e.mjs'; export const q=1
