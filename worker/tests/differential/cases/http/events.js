const http = require('http');
const follow = (url, options, act) => new Promise((resolve) => {
  const log = [];
  const request = http.request(url, options);
  for (const name of ['socket', 'finish', 'response', 'abort', 'timeout', 'error', 'close']) {
    request.on(name, (value) => {
      log.push(name === 'error' ? [name, value.name, value.message, value.code, value.errno, value.syscall] : name);
      if (name === 'close') setTimeout(() => resolve([log, request.destroyed, request.aborted]), 5);
    });
  }
  request.on('response', (response) => {
    for (const name of ['aborted', 'end', 'error', 'close']) {
      response.on(name, (value) => log.push(name === 'error' ? `res ${name} ${value.message} ${value.code}` : `res ${name}`));
    }
    response.on('data', () => {});
  });
  act(request);
});
exports.handler = async ({ origin }) => ({
  fine: await follow(`${origin}/json`, {}, (request) => request.end()),
  hangUp: await follow(`${origin}/hang-up`, {}, (request) => request.end()),
  refused: (await follow('http://127.0.0.1:1/', {}, (request) => request.end())),
  destroyed: await follow(`${origin}/never`, {}, (request) => { request.end(); request.destroy(); }),
  destroyedAtOnceWith: await follow(`${origin}/never`, {}, (request) => { request.end(); request.destroy(new TypeError('mine')); }),
  destroyedWith: await follow(`${origin}/never`, {}, (request) => { request.end(); setTimeout(() => request.destroy(new TypeError('mine')), 10); }),
  aborted: await follow(`${origin}/never`, {}, (request) => { request.end(); setTimeout(() => request.abort(), 10); }),
  timeout: await follow(`${origin}/never`, { timeout: 20 }, (request) => { request.on('timeout', () => request.destroy()); request.end(); }),
  setTimeout: await follow(`${origin}/never`, {}, (request) => { request.setTimeout(20, () => request.destroy(new Error('slow'))); request.end(); }),
});
