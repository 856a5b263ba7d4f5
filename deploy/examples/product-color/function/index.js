'use strict';

// Viewer-request: /jacket.svg becomes /jacket/red.svg when the cookie says color=red.

const COLORS = ['blue', 'green', 'red'];

exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  const chosen = cookie(request.headers, 'color');
  // Only known colors: the cookie is the visitor's, and it becomes part of a path.
  const color = COLORS.includes(chosen) ? chosen : COLORS[0];
  request.uri = request.uri.replace(/\.svg$/, `/${color}.svg`);
  return request;
};

// The value of a cookie; a request may have several Cookie lines, each with several cookies.
function cookie(headers, name) {
  for (const line of headers.cookie || []) {
    for (const pair of line.value.split(';')) {
      const [key, value] = pair.trim().split('=');
      if (key === name) return value;
    }
  }
  return undefined;
}
