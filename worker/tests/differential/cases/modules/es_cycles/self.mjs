import * as me from './self.mjs';
export const own = () => me.value;
export const value = 'itself';
