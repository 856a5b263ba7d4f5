import c from './g.cjs'; export default c; export const own = 1
