// `assert` with strict comparisons.
module.exports = require('assert').strict;
