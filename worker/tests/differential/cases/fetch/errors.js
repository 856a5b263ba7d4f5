const tell = async (work) => {
  try {
    return await work();
  } catch (error) {
    const { cause } = error;
    return [error.name, error.message, error.code, cause && [cause.name, cause.message, cause.code, cause.syscall, cause.errno]];
  }
};
exports.handler = async ({ origin }) => {
  const used = await fetch(`${origin}/json`);
  await used.text();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  return [
    await tell(() => fetch('foo')),
    await tell(() => fetch('ftp://x/')),
    await tell(() => fetch('http://127.0.0.1:1/')),
    await tell(() => fetch('http://127.0.0.1:4/')),
    await tell(() => fetch(`${origin}/hang-up`)),
    (await tell(() => fetch(`${origin}/loop`))).slice(0, 2),
    await tell(() => fetch(`${origin}/to-echo`, { redirect: 'error' })),
    await tell(() => fetch(`${origin}/never`, { signal: controller.signal })),
    await tell(() => fetch(`${origin}/json`, { signal: AbortSignal.abort() })),
    (await tell(() => fetch(`${origin}/never`, { signal: AbortSignal.timeout(20) }))).slice(0, 3),
    await tell(() => used.text()),
    await tell(() => used.clone()),
    await tell(async () => (await fetch(`${origin}/text`)).json()).then((told) => told.slice(0, 1)),
    await tell(() => fetch(`${origin}/`, { body: 'x' })),
    await tell(() => fetch(`${origin}/`, { method: 'TRACE' })),
    await tell(() => fetch(`${origin}/`, { headers: { 'a b': 'c' } })),
    (await tell(async () => (await fetch(`${origin}/broken-gzip`)).text())).slice(0, 2),
    await tell(async () => (await fetch(`${origin}/json`)).headers.set('a', 'b')),
  ];
};
