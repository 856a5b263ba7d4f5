// A path's characters are the bytes that are sent, whatever they are.
const http = require('http');
const get = (origin, path) => new Promise((resolve) => {
  try {
    http.get({ port: new URL(origin).port, host: '127.0.0.1', path }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve([path, response.statusCode, response.statusCode === 200 ? JSON.parse(text).url : text]));
    }).on('error', (error) => resolve([path, error.code]));
  } catch (error) {
    resolve([path, error.code, error.message]);
  }
});
const byUrl = (url) => new Promise((resolve, reject) => http.get(url, (response) => {
  let text = '';
  response.on('data', (chunk) => { text += chunk; });
  response.on('end', () => resolve(JSON.parse(text).url));
}).on('error', reject));

exports.handler = async ({ origin }) => {
  const out = [];
  for (const path of ['/a|b', '/a<b>', '/a"b', '/a`b', '/a^b', '/a\\b', '/a{b}', '/a#b', '/a/../b', '//x/y', '/%zz', '/a%20b', '/a//b/./c', '/[x]', '/..', '/a?x=[1]&y={}', '/a?', '/~!$&*()+,=:@', "/a'b", '/a?x="<>`#', '/é', '/a?b=ÿ', '/\u007f', '/\u0100', '/ x', '/a\nb', '']) out.push(await get(origin, path));
  for (const path of ['/é x', '/a|b<>"`^\\{}#f', '/a/../b', '/?q=é\'"<>`#']) out.push(await byUrl(origin + path));
  return out;
};
