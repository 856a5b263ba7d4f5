const read = async (stream) => {
  const reader = stream.getReader();
  let text = '';
  for (let step = await reader.read(); !step.done; step = await reader.read()) text += Buffer.from(step.value).toString();
  return text;
};
const tell = async (work) => {
  try {
    return await work();
  } catch (error) {
    return [error.name, error.message];
  }
};
exports.handler = async ({ origin }) => {
  const out = {};
  out.reader = await read((await fetch(`${origin}/json`)).body);
  out.iterated = await (async () => { let length = 0; for await (const chunk of (await fetch(`${origin}/text`)).body) length += chunk.length; return length; })();
  const locked = await fetch(`${origin}/json`);
  locked.body.getReader();
  out.locked = [locked.bodyUsed, await tell(() => locked.text())];
  const same = await fetch(`${origin}/json`);
  out.same = [same.body === same.body, same.body.constructor.name, same.body.locked];
  out.after = [await same.text(), same.bodyUsed];
  const stream = new ReadableStream({ start(controller) { controller.enqueue(new TextEncoder().encode('streamed')); controller.close(); } });
  out.sent = await (await fetch(`${origin}/echo`, { method: 'POST', body: stream, duplex: 'half' })).json().then((echo) => echo.body);
  out.duplex = await tell(() => new Request(`${origin}/echo`, { method: 'POST', body: new ReadableStream() }));
  out.made = await new Response(new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array([104, 105])); controller.close(); } })).text();
  out.none = [(await fetch(`${origin}/empty`)).body, new Response(null).body];
  return out;
};
