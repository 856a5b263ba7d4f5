// The client that many older functions still use.
const request = require('request');

const client = request.defaults({ timeout: 2000, headers: { 'X-Default': '1' } });
const call = (options) => new Promise((resolve) => {
  client(options, (error, response, body) => {
    if (error) resolve({ name: error.name, message: error.message, code: error.code, connect: error.connect });
    else resolve({ status: response.statusCode, headers: response.headers, body: Buffer.isBuffer(body) ? `bytes ${body.length}` : body, path: response.request.uri.pathname });
  });
});

exports.handler = async (event) => {
  const { origin } = event;
  const all = {
    text: () => call(`${origin}/echo`),
    json: () => call({ url: `${origin}/json`, json: true }),
    post: () => call({ url: `${origin}/echo`, method: 'POST', json: { a: 'ü' } }),
    form: () => call({ uri: `${origin}/echo`, method: 'POST', form: { a: 1, b: 'x y' } }),
    query: () => call({ url: `${origin}/echo`, qs: { a: [1, 2], b: { c: 'd' } }, auth: { user: 'u', pass: 'p' } }),
    bearer: () => call({ url: `${origin}/echo`, auth: { bearer: 't' }, headers: { Accept: 'x/y' } }),
    redirect: () => call(`${origin}/to-echo`),
    stay: () => call({ url: `${origin}/to-echo`, followRedirect: false }),
    gzip: () => call({ url: `${origin}/gzip`, gzip: true }),
    bytes: () => call({ url: `${origin}/text`, encoding: null }),
    cookie: () => {
      const jar = request.jar();
      jar.setCookie(request.cookie('k=v'), origin);
      return call({ url: `${origin}/echo`, jar });
    },
    teapot: () => call(`${origin}/teapot`),
    hangUp: () => call(`${origin}/hang-up`),
    timeout: () => call({ url: `${origin}/never`, timeout: 50 }),
    invalid: () => call('nothing').catch((error) => ({ name: error.name, message: error.message })),
    events: () => new Promise((resolve) => {
      const seen = [];
      request(`${origin}/chunks`).on('response', (response) => seen.push(response.statusCode)).on('data', (data) => seen.push(data.length)).on('complete', () => seen.push('complete')).on('end', () => setTimeout(resolve, 5, seen.filter((value) => typeof value !== 'number' || value > 100)));
    }),
  };
  const outcomes = {};
  for (const name of event.calls) outcomes[name] = await all[name]();
  return JSON.parse(JSON.stringify(outcomes).replaceAll(origin, 'ORIGIN').replaceAll(new URL(origin).host, 'HOST'));
};
