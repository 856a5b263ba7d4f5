// An A/B test that keeps its group in a cookie, and everything that `cookie` reads and writes. The engine words its errors.
const cookie = require('cookie');

function failure(work) {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

exports.handler = async (event) => {
  if (event.options) return failure(() => cookie.serialize(event.name, event.value, event.options));
  const request = event.Records[0].cf.request;
  const header = (request.headers.cookie || []).map(({ value }) => value).join('; ');
  const cookies = cookie.parse(header);
  const group = cookies.group || (request.clientIp.endsWith('7') ? 'b' : 'a');
  request.uri = `/${group}${request.uri}`;
  request.headers['x-cookies'] = [{ key: 'X-Cookies', value: JSON.stringify(cookies) }];
  const set = cookie.serialize('group', group, { path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: 3600, expires: new Date(86400000) });
  return { request, set, raw: cookie.parse(header, { decode: (value) => value }), names: Object.keys(cookie), proto: Object.getPrototypeOf(cookies) === null };
};
