// Request ids: every version of UUID, and what is none. The engine words its errors.
const uuid = require('uuid');

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

exports.handler = async (event) => {
  const { v1, v3, v4, v5, v6, v7, parse, stringify, validate, version, NIL, MAX } = uuid;
  const random = Uint8Array.from({ length: 16 }, (_, index) => index * 9);
  const fresh = [v1(), v4(), v6(), v7()];
  return {
    named: [v3(event.name, v3.DNS), v5(event.name, v5.URL), v5(event.name, '6ba7b810-9dad-11d1-80b4-00c04fd430c8')],
    fixed: [v4({ random }), v1({ msecs: 1700000000000, nsecs: 5, clockseq: 0x1234, node: [1, 2, 3, 4, 5, 6], random }), v7({ msecs: 1700000000000, random, seq: 7 }), v6({ msecs: 1700000000000, nsecs: 1, clockseq: 1, node: [1, 2, 3, 4, 5, 6], random })],
    converted: [uuid.v1ToV6('2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d'), uuid.v6ToV1('1e940672-c5ea-64c1-8bad-9b1deb4d3b7d')],
    fresh: fresh.map((id) => [validate(id), version(id), id.length, id === stringify(parse(id))]),
    distinct: new Set(Array.from({ length: 200 }, () => v4())).size,
    ordered: ((ids) => ids.every((id, index) => index === 0 || ids[index - 1] < id))(Array.from({ length: 50 }, () => v7())),
    bytes: [...v4({ random }, new Uint8Array(20), 2)],
    invalid: [validate('x'), validate(null), validate(`${NIL} `), attempt(() => parse('x')), attempt(() => version('x')), attempt(() => stringify([1, 2])), attempt(() => v5('a', 'x')), attempt(() => v4({ random: [1] })), attempt(() => v4({}, new Uint8Array(4), 0))],
    constants: [NIL, MAX, Object.keys(uuid).sort()],
  };
};
