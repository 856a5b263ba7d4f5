export default function () { return hoisted(); }
export function named() { return typeof import.meta.url; }
export function* generate() { /* import('x') */ yield* [1, 2]; }
export async function asynchronous() { return this; }
function hoisted() { return 'hoisted'; }
