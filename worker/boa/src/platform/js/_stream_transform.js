// `stream.Transform`, by the name that it had before.
module.exports = require('stream').Transform;
