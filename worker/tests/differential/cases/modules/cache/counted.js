global.count = (global.count || 0) + 1;
exports.number = global.count;
