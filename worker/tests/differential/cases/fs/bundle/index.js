const fs = require('fs');
const path = require('path');
const atStart = fs.readFileSync(path.join(__dirname, 'lib', 'page.html'), 'utf8');
exports.handler = async () => ({
  atStart,
  data: JSON.parse(fs.readFileSync(`${__dirname}/lib/data.json`)),
  resolved: fs.readFileSync(path.resolve(__dirname, './lib/../lib/page.html')).length,
  url: fs.readFileSync(new URL(`file://${__dirname}/lib/page.html`), 'latin1'),
  list: fs.readdirSync(__dirname),
  deep: fs.readdirSync(__dirname, { recursive: true }).sort(),
  types: fs.readdirSync(`${__dirname}/lib`, { withFileTypes: true }).map((entry) => [entry.name, entry.isFile()]),
  stat: [fs.statSync(`${__dirname}/lib`).isDirectory(), fs.statSync(`${__dirname}/lib/page.html`).size],
  access: fs.accessSync(`${__dirname}/index.js`, fs.constants.R_OK) === undefined,
});
