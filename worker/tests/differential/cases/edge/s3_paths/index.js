const path = require('path')
const redirects = require('./table.json')

const permanently = (location, query) => ({
  status: '301', statusDescription: 'Moved Permanently',
  headers: { location: [{ key: 'Location', value: query ? `${location}?${query}` : location }], 'cache-control': [{ key: 'Cache-Control', value: 'max-age=3600' }] }
})

exports.handler = async function handler (event) {
  const { request } = event.Records[0].cf
  for (const [from, to] of Object.entries(redirects)) {
    const match = request.uri.match(new RegExp(`^${from}$`))
    if (match) return permanently(to.replace(/\$(\d)/g, (_, n) => match[n]), request.querystring)
  }
  const clean = path.posix.normalize(request.uri)
  if (clean !== request.uri) return permanently(clean, request.querystring)
  if (request.uri.endsWith('/index.html')) return permanently(request.uri.slice(0, -'index.html'.length), request.querystring)
  if (request.uri.endsWith('/')) request.uri += 'index.html'
  else if (!path.extname(request.uri) || /^\.\d/.test(path.extname(request.uri))) return permanently(request.uri + '/', request.querystring)
  request.uri = request.uri.replace(/^\/docs/, '/site/docs').replace(/%7E/i, '~')
  request.headers.host = [{ key: 'Host', value: 'bucket.s3.amazonaws.com' }]
  return request
}
