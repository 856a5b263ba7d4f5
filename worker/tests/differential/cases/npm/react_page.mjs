// The streams of the web that React writes, in an ES module.
import { createElement as h, useId } from 'react';
import { renderToReadableStream } from 'react-dom/server.edge';

const Field = ({ label }) => {
  const id = useId();
  return h('label', { htmlFor: id }, label, h('input', { id }));
};

export const handler = async ({ labels = ['a', 'b'], fails }) => {
  const stream = await renderToReadableStream(h('main', null, labels.map((label) => h(Field, { key: label, label: fails ? Symbol('x') : label }))), { onError: (error) => console.log('error', error.message.split(';')[0]) });
  await stream.allReady;
  return { body: await new Response(stream).text() };
};
