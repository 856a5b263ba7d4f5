// Tests run before a function is published, not in it.
const made = require('internal/absent').absent('test', 'skip todo only after afterEach before beforeEach describe it run suite test mock', { mock: {} });
module.exports = Object.assign(made.test, made);
