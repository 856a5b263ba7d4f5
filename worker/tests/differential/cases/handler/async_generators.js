async function* numbers() {
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield i;
  }
}

exports.handler = async () => {
  const seen = [];
  for await (const number of numbers()) seen.push(number);
  const settled = await Promise.allSettled([Promise.reject(new Error('a')), 1, new Promise((r) => setTimeout(r, 1, 'b'))]);
  const any = await Promise.any([Promise.reject(new Error('x')), Promise.resolve('any')]);
  const race = await Promise.race([new Promise(() => {}), Promise.resolve('race')]);
  return { seen, any, race, settled: settled.map((one) => [one.status, one.value ?? one.reason.message]) };
};
