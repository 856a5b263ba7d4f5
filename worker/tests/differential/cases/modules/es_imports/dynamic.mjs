const { default: inner } = await import('./inner.mjs');
export default `dynamic ${inner}`;
export const depth = 2;
