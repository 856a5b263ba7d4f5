exports.handler = async () => {
  const out = [];
  const t = new EventTarget();
  const f = function (e) { out.push([e.type, this === t, e.target === t, e.eventPhase, e.detail]); };
  t.addEventListener('a', f); t.addEventListener('a', f); t.addEventListener('a', { handleEvent(e) { out.push('object'); e.preventDefault(); } }, { once: true });
  out.push(t.dispatchEvent(new Event('a', { cancelable: true })), t.dispatchEvent(new CustomEvent('a', { detail: { d: 1 } })));
  t.removeEventListener('a', f); out.push(t.dispatchEvent(new Event('a')));
  const tries = [() => new Event(), () => t.dispatchEvent('x'), () => t.addEventListener('a'), () => new AbortSignal(), () => t.addEventListener('a', 'text'), () => AbortSignal.timeout(-1), () => AbortSignal.abort('why').throwIfAborted(), () => EventTarget.prototype.addEventListener.call({}, 'a', f)];
  for (const g of tries) { try { out.push(typeof g()); } catch (e) { out.push(e && e.name ? [e.name, e.code, e.message] : e); } }
  const c = new AbortController(); c.signal.onabort = (e) => out.push(['onabort', e.type]);
  c.signal.addEventListener('abort', () => out.push('listener'));
  c.abort(); c.abort('again'); out.push(c.signal.aborted, c.signal.reason.name, c.signal.reason.message, c.signal.reason.code);
  const any = AbortSignal.any([AbortSignal.timeout(2), new AbortController().signal]);
  await new Promise((r) => { any.onabort = r; setTimeout(() => {}, 10); }); out.push(any.reason.name, any.reason.message, any.reason.code);
  const d = new DOMException('m', 'DataCloneError'); out.push(d.code, d.name, String(d), d instanceof Error, DOMException.DATA_CLONE_ERR, Object.prototype.toString.call(d), d.stack.split('\n')[0]);
  const e = new Event('x'); out.push(Object.keys(e), e.isTrusted, String(e), e.bubbles, e.defaultPrevented);
  return out;
};
