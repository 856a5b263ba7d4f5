globalThis.runs = (globalThis.runs ?? 0) + 1; throw globalThis.thrown = new TypeError('while evaluating');
