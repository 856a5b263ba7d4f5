const tell = (work) => {
  try {
    return work();
  } catch (error) {
    return [error.name, error.message, error.code];
  }
};
exports.handler = async () => {
  const headers = new Headers({ B: '1', a: '2' });
  headers.append('b', ' 3 ');
  headers.append('Set-Cookie', 'x=1');
  headers.append('Set-Cookie', 'y=2');
  return {
    headers: [[...headers], [...headers.keys()], headers.get('B'), headers.has('c'), headers.get('none'), headers.getSetCookie(), Object.prototype.toString.call(headers)],
    wrong: [tell(() => new Headers({ 'a b': 'c' })), tell(() => new Headers([['a']])), tell(() => new Headers(5)), tell(() => new Headers().append('a')), tell(() => headers.set('a', 'x\n\0y'))],
    response: [new Response('x').headers.get('content-type'), new Response(new URLSearchParams('a=b')).headers.get('content-type'), await new Response(new URLSearchParams('a=b')).text(), new Response().status, new Response(null, { status: 404, statusText: 'No' }).ok],
    statics: [Response.error().type, Response.error().status, Response.redirect('http://a/b', 301).headers.get('location'), await Response.json({ a: 1 }).text(), Response.json({}, { status: 201 }).status],
    wrongResponse: [tell(() => new Response('x', { status: 99 })), tell(() => new Response('x', { status: 204 })), tell(() => Response.redirect('http://a', 200)), tell(() => Response.redirect('/x')), tell(() => Response.json(undefined))],
    request: ((request) => [request.method, request.url, request.redirect, request.headers.get('content-type'), request.mode, request.credentials, request.cache, request.destination, request.bodyUsed])(new Request('http://a/b?c#d', { method: 'post', body: 'x' })),
    wrongRequest: [tell(() => new Request('foo')), tell(() => new Request()), tell(() => new Request('http://u:p@a/')), tell(() => new Request('http://a/', { body: 'x' })), tell(() => new Request('http://a/', { method: 'a b' }))],
    patch: new Request('http://a/', { method: 'patch' }).method,
    body: [await new Response(new Blob(['b', 'c'], { type: 'x/y' })).text(), await new Request('http://a', { method: 'POST', body: 'q' }).text(), (await new Response('abc').bytes()).length, (await new Response('abc').blob()).size, (await new Response('').arrayBuffer()).byteLength],
    names: [fetch.name, fetch.length, Headers.name, Request.name, Response.name, FormData.name, String(new Response())],
    enumerable: Object.keys(Object.getOwnPropertyDescriptors(Response.prototype)).length > 10,
  };
};
