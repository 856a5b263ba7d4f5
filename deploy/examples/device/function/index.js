'use strict';

// Viewer-request: /hero.svg becomes /hero/phone.svg, /hero/tablet.svg or /hero/desktop.svg.
//
// Three objects are cached, not one per User-Agent: the header itself is in no cache key.

exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  const agent = request.headers['user-agent'] ? request.headers['user-agent'][0].value : '';
  request.uri = request.uri.replace(/\.svg$/, `/${deviceOf(agent)}.svg`);
  return request;
};

function deviceOf(agent) {
  // Android says "Mobile" on phones only, so tablets are what remains of it.
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(agent)) return 'tablet';
  if (/iPhone|iPod|Android|Mobile/.test(agent)) return 'phone';
  return 'desktop';
}
