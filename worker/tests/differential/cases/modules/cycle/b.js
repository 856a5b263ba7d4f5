const a = require('./a');
exports.name = 'b';
exports.early = a.name;
exports.late = () => [require('./a').name, a.name];
