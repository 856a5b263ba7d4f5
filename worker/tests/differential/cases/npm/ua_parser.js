// Redirects telephones to the mobile site, after the device that the user agent names.
const UAParser = require('ua-parser-js');

exports.handler = async (event) => {
  const parser = new UAParser(event.agent);
  const { type } = parser.getDevice();
  const told = { ...parser.getResult(), again: UAParser(event.agent).browser.name, text: [String(parser.getBrowser()), parser.getOS().is && parser.getOS().is('Android')] };
  const own = new UAParser(event.agent, { browser: [[/(ourapp)\/([\w.]+)/i], [UAParser.BROWSER.NAME, UAParser.BROWSER.VERSION, ['type', 'app']]] }).getBrowser();
  if (type === 'mobile') return { status: '302', headers: { location: [{ key: 'Location', value: 'https://m.example.com/' }] }, told, own };
  return { type: type || 'desktop', told, own };
};
