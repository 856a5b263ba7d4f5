'use strict';

// Viewer-request: returning a response instead of the request ends the request here.
// What is generated at this trigger is never cached.

exports.handler = async (event) => {
  const { config, request } = event.Records[0].cf;
  const name = new URLSearchParams(request.querystring).get('name') || 'stranger';
  return {
    status: '200',
    statusDescription: 'OK',
    headers: {
      'content-type': [{ key: 'Content-Type', value: 'text/html; charset=utf-8' }],
      'cache-control': [{ key: 'Cache-Control', value: 'no-store' }],
    },
    body: `<!doctype html>
<title>Hello</title>
<p>Hello, ${escaped(name)}!</p>
<p>Made for request ${escaped(config.requestId)}.</p>
`,
  };
};

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
