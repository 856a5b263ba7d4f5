// Words that are keywords only somewhere are names elsewhere, as minifiers and rxjs use them.
function using(value) { return value + 1; }
const apply = (call, ...values) => call(...values);
exports.using = using;
exports.handler = async () => {
  const out = [];
  out.push(apply(of=>of * 2, 1), apply(async=>async + 1, 1), apply(of => { const list = []; for (of of [1, 2]) list.push(of); return list; }, 0));
  const one = of=>of, two = async=>async, three = async of=>of;
  out.push(one(1), two(2), await three(3), one.length, String(one));
  const let_ = new Function('call', 'return call(let=>let + 1)');
  out.push(let_((call) => call(4)));
  const kept = [using, using(1), typeof using, { using }, { using: using }];
  out.push(kept[0] === using, kept[1], kept[2], kept[3].using === using, kept[4].using(2), `${using(3)}`)
  using(5)
  let last = out.length
  using(6)
  const { using: renamed } = { using };
  out.push(last, renamed(7), using.length, (function (using) { return using; })(9), exports.using === using);
  return out;
};
