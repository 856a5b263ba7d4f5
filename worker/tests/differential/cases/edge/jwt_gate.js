// A gate that looks for a signed cookie and sends everybody else to log in (CommonJS, sloppy).
var crypto = require('crypto');
var querystring = require('querystring');
SECRET = 'not-so-secret';

function parseCookies(headers) {
  var parsed = {};
  if (headers.cookie) {
    headers.cookie[0].value.split(';').forEach(function (cookie) {
      if (cookie) {
        var parts = cookie.split('=');
        parsed[parts[0].trim()] = parts.slice(1).join('=').trim();
      }
    });
  }
  return parsed;
}
function sign(text) {
  return crypto.createHmac('sha256', SECRET).update(text).digest('base64').replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_');
}
function verify(token, now) {
  var parts = token.split('.');
  if (parts.length !== 3) throw new Error('Not enough or too many segments');
  var payload = JSON.parse(Buffer.from(parts[1], 'base64').toString());
  if (sign(parts[0] + '.' + parts[1]) !== parts[2]) throw new Error('Signature verification failed');
  if (payload.exp && now > payload.exp * 1000) throw new Error('Token expired');
  return payload;
}
function make(payload) {
  var text = Buffer.from('{"typ":"JWT","alg":"HS256"}').toString('base64url') + '.' + Buffer.from(JSON.stringify(payload)).toString('base64url');
  return text + '.' + sign(text);
}

exports.handler = function (event, context, callback) {
  var request = event.Records[0].cf.request;
  var cookies = parseCookies(request.headers);
  var token = cookies.session;
  if (token === 'good') token = make({ sub: 'ümlaut', exp: 2e9 });
  if (token === 'old') token = make({ sub: 'a', exp: 1e9 });
  try {
    if (!token) throw new Error('no token');
    var payload = verify(token, 1.5e12);
    request.headers['x-user'] = [{ key: 'X-User', value: encodeURIComponent(payload.sub) }];
    delete request.headers.cookie;
    callback(null, request);
  } catch (e) {
    console.log('rejected: %s', e.message, { uri: request.uri });
    callback(null, {
      status: '302',
      statusDescription: 'Found',
      body: '<p>Redirecting…</p>',
      headers: {
        location: [{ key: 'Location', value: 'https://login.example.com/?' + querystring.stringify({ redirect_uri: 'https://' + request.headers.host[0].value + request.uri + (request.querystring ? '?' + request.querystring : ''), state: ['a b', 'ü'] }) }],
        'set-cookie': [{ key: 'Set-Cookie', value: 'session=; Path=/; Expires=' + new Date(0).toUTCString() }],
      },
    });
  }
};
