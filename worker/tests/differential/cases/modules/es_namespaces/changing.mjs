export let count = 0;
export function increase() { return ++count; }
export const nested = { deep: [1, { x: null }] };
