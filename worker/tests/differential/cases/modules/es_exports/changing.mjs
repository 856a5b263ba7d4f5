export let count = 0;
export const increase = () => { count++; };
export let later = 'early';
Promise.resolve().then(() => { later = 'changed'; });
