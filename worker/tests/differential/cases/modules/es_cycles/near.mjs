import { state, early } from './even.mjs';
export const near = () => [state(), early.length];
