module.exports = function () { return 'called'; };
module.exports.property = 1;
