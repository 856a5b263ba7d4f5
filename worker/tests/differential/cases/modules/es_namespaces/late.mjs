import * as index from './index.mjs';
const attempt = (run) => { try { return run(); } catch (error) { return error.name; } };
export const seen = [attempt(() => index.value), typeof index.hoisted, attempt(() => index.handler)];
