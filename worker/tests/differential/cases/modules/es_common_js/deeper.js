exports.deep = 'deep';
if (exports.compared === 1) order.push('never');
