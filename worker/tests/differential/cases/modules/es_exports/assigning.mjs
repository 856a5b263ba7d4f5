import { a } from './values.mjs';
import { count } from './changing.mjs';
import * as all from './functions.mjs';

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return error.name;
  }
};

export const thrown = [
  attempt(() => { count = 1; }), attempt(() => { a = 1; }), attempt(() => { all.named = 1; }),
  attempt(() => missing), attempt(() => { undeclared = 1; }),
];
