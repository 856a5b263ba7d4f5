// What `JSON.parse` says of texts that are cut off or badly written.
const texts = [
  '{', '{ ', '{"a":1,', '{"a":1, ', '{"a"', '{"a":', '[1,', '[', '[1', '-', '[-', '1.', '[1.', '1e', '1e+', '"a\nb"', '{"a":"x\ny"}', '01', '[01]', '-a', '1.a', '"\\', '"\\u12', '{"a":1', 'tru', '{"a":\t1,\n}', '{"a":[1,{"b":"c"', '{"a":[1,{"b":"c"}', '{"a":true', '{"a":[null', '"abc', '',
];

exports.handler = async () => texts.map((text) => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return [text, error.name, error.message];
  }
});
