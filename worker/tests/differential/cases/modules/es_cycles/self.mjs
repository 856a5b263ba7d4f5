import * as me from './self.mjs';
export const own = () => me.value;
export const value = 'itself';
export default async (number) => [number, me.default.name];
