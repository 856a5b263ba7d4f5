const a = require('./a');
const b = require('./b');

exports.handler = async () => ({ a: a.name, b: b.name, early: b.early, late: b.late(), same: require('./a') === a });
