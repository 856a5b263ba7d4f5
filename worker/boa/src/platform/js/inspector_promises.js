// As `inspector`, with a class of its own; there is nothing to await.
const inspector = require('inspector');

class Session extends inspector.Session {}
module.exports = { ...inspector, Session };
