export default function f() { return 1; }
export let n = 1; export const up = () => { n++; };
