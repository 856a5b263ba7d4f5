export { a } from './circle.mjs';
