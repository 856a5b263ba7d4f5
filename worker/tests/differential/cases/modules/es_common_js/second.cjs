Object.defineProperty(exports, '__esModule', { value: true });
order.push('second');
exports.seen = [...order];
exports['made'] = class Made {}.name;
exports.late = undefined;
setTimeout(() => { exports.late = 'changed'; });
Object.assign(exports, { unseen: 1 });
