import './one.mjs'; import './throws.mjs'; globalThis.runs = 'never';
