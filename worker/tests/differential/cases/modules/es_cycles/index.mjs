// Modules that lead to each other, to themselves, and to what such modules export.
import { even, early, state } from './even.mjs';
import { odd } from './odd.mjs';
import * as self from './self.mjs';
import { near } from './near.mjs';

export const handler = async ({ number = 7 }) => ({
  parity: [even(number), odd(number)],
  early,
  state: [state(), near()],
  self: [self.own(), Object.keys(self), await self.default(number)],
});
