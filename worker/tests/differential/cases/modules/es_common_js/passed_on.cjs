order.push('passed on');
const tslib = { __exportStar(from, to) { for (const key in from) to[key] = from[key]; } };
tslib.__exportStar(require('./second.cjs'), exports);
tslib.__exportStar(require('./deep'), exports);
