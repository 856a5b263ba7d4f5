import { count } from './passed_on.mjs';
export const follows = () => count;
