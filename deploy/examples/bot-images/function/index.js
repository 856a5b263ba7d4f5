'use strict';

// Viewer-request: who comes from a known bot's address is sent to images/lowest/.

const BOTS = ['crawler.example.net', 'bot.example.org', 'spider.example.com'];

exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  if (isBot(request.headers.referer)) {
    request.uri = request.uri.replace(/^\/images\/(?!lowest\/)/, '/images/lowest/');
  }
  return request;
};

function isBot(referers) {
  const host = /^https?:\/\/([^/:?#]+)/i.exec(referers ? referers[0].value : '');
  return host !== null && BOTS.includes(host[1].toLowerCase());
}
