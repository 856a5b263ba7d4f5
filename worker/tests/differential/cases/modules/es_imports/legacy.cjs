exports.whole = 1;
exports.half = 0.5;
