exports.name = 'unfinished';
const b = require('./b');
module.exports = { name: 'a', sees: b.name };
