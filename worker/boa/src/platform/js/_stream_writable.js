// `stream.Writable`, by the name that it had before.
module.exports = require('stream').Writable;
