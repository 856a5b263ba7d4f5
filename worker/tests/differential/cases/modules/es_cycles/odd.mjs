import { even, early } from './even.mjs';
export function odd(number) { return number !== 0 && even(number - 1); }
const attempt = (run) => { try { return run(); } catch (error) { return error.name; } };
export const seen = [typeof even, attempt(() => early), even(4)];
