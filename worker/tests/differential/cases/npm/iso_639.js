// The language of a site by the viewer's. The engine words its errors.
const ISO6391 = require('iso-639-1');

exports.handler = async ({ Records: [{ cf: { request } }] }) => {
  const wanted = (request.headers['accept-language']?.[0].value ?? '').split(',').map((part) => {
    const [tag, q = 'q=1'] = part.trim().split(';');
    return { code: tag.split('-')[0].toLowerCase(), q: Number(q.replace('q=', '')) };
  }).filter(({ code }) => ISO6391.validate(code)).sort((a, b) => b.q - a.q);
  const code = wanted[0]?.code ?? 'en';
  return { status: '302', headers: { location: [{ key: 'Location', value: `/${code}${request.uri}` }] }, name: [ISO6391.getName(code), ISO6391.getNativeName(code), ISO6391.getCode('German'), ISO6391.getCode('nothing')], wanted, many: ISO6391.getLanguages(['de', 'xx', 'zh']), count: ISO6391.getAllCodes().length, names: ISO6391.getAllNativeNames().join().length };
};
