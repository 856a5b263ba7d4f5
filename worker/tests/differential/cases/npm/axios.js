// Calls through axios: methods, bodies, parameters, interceptors, instances, and all ways to fail.
const axios = require('axios');

const told = (error) => ({ name: error.name, message: error.message, code: error.code, axios: axios.isAxiosError(error), cancelled: axios.isCancel(error), status: error.response?.status, data: error.response?.data });
const answered = ({ status, statusText, data, headers }) => ({ status, statusText, data, headers: { ...headers } });

const ways = {
  json: (url) => axios.get(`${url}/json`),
  params: (url) => axios.get(`${url}/echo`, { params: { a: 1, list: ['x', 'y'], nested: { b: 'ü &' }, none: null, date: new Date(0) } }),
  post: (url) => axios.post(`${url}/echo`, { name: 'ü', list: [1] }, { headers: { 'X-Api-Key': 'k' } }),
  form: (url) => axios.post(`${url}/echo`, new URLSearchParams({ grant_type: 'code', code: 'a b' })),
  urlencoded: (url) => axios.post(`${url}/echo`, { a: 1, b: { c: 2 } }, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
  buffer: (url) => axios({ url: `${url}/echo`, method: 'PUT', data: Buffer.from('bytes'), auth: { username: 'u', password: 'p:ü' } }),
  head: (url) => axios.head(`${url}/headers`),
  gzip: (url) => axios.get(`${url}/gzip`),
  brotli: (url) => axios.get(`${url}/br`, { responseType: 'arraybuffer' }).then((response) => ({ ...response, data: [Buffer.isBuffer(response.data), response.data.length] })),
  stream: async (url) => {
    const response = await axios.get(`${url}/text`, { responseType: 'stream' });
    let text = '';
    for await (const chunk of response.data) text += chunk;
    return { ...response, data: text.length };
  },
  redirect: (url) => axios.get(`${url}/to-echo`),
  stay: (url) => axios.get(`${url}/to-echo`, { maxRedirects: 0, validateStatus: (status) => status === 302 }),
  see: (url) => axios.post(`${url}/303`, { a: 1 }),
  teapot: (url) => axios.get(`${url}/teapot`),
  accepted: (url) => axios.get(`${url}/teapot`, { validateStatus: () => true }),
  loop: (url) => axios.get(`${url}/loop`, { maxRedirects: 3 }),
  large: (url) => axios.get(`${url}/text`, { maxContentLength: 10 }),
  hangUp: (url) => axios.get(`${url}/hang-up`),
  timeout: (url) => axios.get(`${url}/never`, { timeout: 50 }),
  aborted: (url) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    return axios.get(`${url}/never`, { signal: controller.signal });
  },
  noJson: (url) => axios.get(`${url}/text`, { responseType: 'json', transitional: { silentJSONParsing: false } }),
  invalid: () => axios.get('nothing://here'),
  empty: (url) => axios.delete(`${url}/empty`),
  instance: async (url) => {
    const client = axios.create({ baseURL: url, headers: { common: { 'X-Common': '1' }, post: { 'X-Post': '2' } } });
    client.interceptors.request.use((config) => Object.assign(config, { params: { ...config.params, added: true } }));
    client.interceptors.response.use((response) => ({ ...response, data: response.data.url }), (error) => Promise.reject(new Error(`wrapped: ${error.response.status}`)));
    const [first, second] = await Promise.allSettled([client.post('/echo'), client.get('/teapot', { transformResponse: [] })]);
    return { status: first.status, data: [first.value?.data, second.status, second.reason?.message] };
  },
  all: async (url) => ({ data: await axios.all(['/json', '/empty'].map((path) => axios.get(url + path))).then(axios.spread((...all) => all.map(({ status }) => status))) }),
};

exports.handler = async (event) => {
  const outcomes = {};
  for (const name of event.ways) outcomes[name] = await ways[name](event.origin).then(answered, told);
  return JSON.parse(JSON.stringify(outcomes).replaceAll(event.origin, 'ORIGIN'));
};
