// MessageChannel, transfers and diagnostics channels.
const { receiveMessageOnPort } = require('worker_threads');
const channels = require('diagnostics_channel');
exports.handler = async () => {
  const out = [];
  const { port1, port2 } = new MessageChannel();
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  port1.postMessage({ a: [1, new Map([['k', 'v']])], buffer }, [buffer]);
  out.push(buffer.byteLength, receiveMessageOnPort(port2).message.buffer.byteLength, receiveMessageOnPort(port2));
  const got = new Promise((resolve) => port2.once('message', resolve));
  port1.postMessage('hello');
  out.push(await got);
  const event = new Promise((resolve) => { port1.onmessage = resolve; });
  port2.postMessage({ n: 1 });
  const { data, type } = await event;
  out.push(data, type);
  try { port1.postMessage(() => {}); } catch (error) { out.push([error.name, error.code]); }
  port1.close();
  const channel = channels.channel('mine');
  const listener = (message, name) => out.push([message, name]);
  out.push(channel.hasSubscribers, channels.channel('mine') === channel, channels.hasSubscribers('mine'), channel.name);
  channel.publish('lost');
  channels.subscribe('mine', listener);
  out.push(channel.hasSubscribers);
  channel.publish({ x: 1 });
  out.push(channels.unsubscribe('mine', listener), channels.unsubscribe('mine', listener), channel.hasSubscribers);
  const traced = channels.tracingChannel('work');
  const events = [];
  traced.subscribe({ start: (c) => events.push(['start', c.in]), end: (c) => events.push(['end', c.result]), error: (c) => events.push(['error', c.error.message]), asyncStart() { events.push('asyncStart'); }, asyncEnd() { events.push('asyncEnd'); } });
  out.push(traced.traceSync((x) => x + 1, { in: 1 }, null, 4));
  try { traced.traceSync(() => { throw new Error('no'); }, { in: 2 }); } catch (error) { out.push(error.message); }
  out.push(await traced.tracePromise(async (x) => x * 2, { in: 3 }, null, 4), events);
  for (const bad of [() => channels.channel(5), () => channels.subscribe('x', 5)]) { try { bad(); } catch (error) { out.push([error.name, error.code, error.message]); } }
  return out;
};
