order.push('deep');
module.exports = require('./deeper.js');
