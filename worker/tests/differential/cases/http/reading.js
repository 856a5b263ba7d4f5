const http = require('http');
const open = (url, options) => new Promise((resolve, reject) => http.get(url, options, resolve).on('error', reject));
exports.handler = async ({ origin }) => {
  const out = {};
  const paused = await open(`${origin}/text`);
  await new Promise((resolve) => setTimeout(resolve, 5));
  out.paused = [paused.complete, paused.readableFlowing];
  paused.setEncoding('latin1');
  let text = '';
  for await (const chunk of paused) text += chunk;
  out.text = [text.length, paused.complete, paused.readableEnded];
  const readable = await open(`${origin}/json`);
  out.readable = await new Promise((resolve) => readable.once('readable', () => resolve(String(readable.read()))));
  const dropped = await open(`${origin}/text`);
  out.dropped = await new Promise((resolve) => { dropped.on('close', () => resolve([dropped.destroyed])); dropped.destroy(); });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  out.aborted = await open(`${origin}/never`, { signal: controller.signal }).catch((error) => [error.name, error.code, error.message]);
  out.twice = await new Promise((resolve) => {
    const request = http.request(`${origin}/json`, (response) => { response.resume().on('end', () => resolve('once')); });
    request.end();
    request.end();
  });
  out.late = await new Promise((resolve) => {
    const request = http.request(`${origin}/json`);
    request.on('error', (error) => resolve([error.name, error.code, error.message]));
    request.end();
    request.write('x');
  });
  return out;
};
