// The names of reporters for tests. There are no tests in a function.
const { absence } = require('internal/absent');
const unavailable = (name) => absence(`node:test/reporters.${name}`, 'run tests before you publish a function; they cannot run in it');
async function* dot(source) { throw unavailable('dot'); } // eslint-disable-line require-yield, no-unused-vars
async function* junit(source) { throw unavailable('junit'); } // eslint-disable-line require-yield, no-unused-vars
async function* tap(source) { throw unavailable('tap'); } // eslint-disable-line require-yield, no-unused-vars
function spec() { throw unavailable('spec'); }
module.exports = { dot, junit, spec, tap, lcov: {} };
