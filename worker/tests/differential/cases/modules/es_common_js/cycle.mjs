import early from './cycle.cjs';
export const value = 1;
export const found = [typeof early.load, await early.load()];
