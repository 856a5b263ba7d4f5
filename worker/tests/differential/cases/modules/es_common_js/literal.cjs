order.push('literal');
const one = 1, two = 2;
module.exports = { one, named: two, 'quoted': one, ...order, more: two.toFixed, after: 4, never: one };
