// Calls that nest without end, before and after an `await`.
const deep = () => deep() + 1;
const mutual = (n) => (n % 2 ? mutual(n + 1) : other(n + 1)) + 1;
const other = (n) => mutual(n + 1) + 1;
const inner = async () => { await null; return 1; };

exports.handler = async (event) => {
  console.log('begins');
  if (event.first === 'tick') await null;
  if (event.first === 'timer') await new Promise((resolve) => setTimeout(resolve, 1));
  if (event.first === 'rejection') {
    try { await Promise.reject(new Error('caught')); } catch (error) { console.log(error.message); }
  }
  if (event.first === 'loop') for await (const one of [1, 2]) console.log(one, await inner());
  console.log('goes on');
  if (event.how === 'mutual') return mutual(0);
  if (event.how === 'deep') return deep();
  return event;
};
