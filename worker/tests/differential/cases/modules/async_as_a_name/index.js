// A function that is called `async`, as in the packages below axios.
const async = require('./defer');
const { iterate } = require('./iterate');
const other = { async(value) { return value + 1; } };

exports.handler = async () => {
  const arrow = async (a, [b], { c } = {}) => a + b + c;
  const plain = async x => x * 2;
  return {
    called: async(3),
    spaced: async ('(', ")"),
    nested: [async(async(1)), iterate([1, 2], (n) => async(n))],
    method: other.async(1),
    arrow: await arrow(1, [2], { c: 3 }),
    plain: await plain(4),
    type: typeof async,
    text: 'async(not code)',
  };
};
