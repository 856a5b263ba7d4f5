import { order } from './order.mjs';
order.push('begins');
export const ready = await new Promise((resolve) => setTimeout(resolve, 1, 'ready'));
for await (const step of ['awaited']) order.push(step);
order.push((await import('./order.mjs')).order === order);
export { order };
