// Images of a request's body, and of an object, resized by native code. The body is in Base64.
const sharp = require('sharp');

exports.handler = async (event) => {
  const { request, response } = event.Records[0].cf;
  const { width, format } = Object.fromEntries(new URLSearchParams(request.querystring));
  const picture = request.body
    ? Buffer.from(request.body.data, 'base64')
    : await sharp({ create: { width: 640, height: 480, channels: 3, background: { r: 200, g: 40, b: 90 } } }).composite([{ input: { create: { width: 100, height: 50, channels: 4, background: '#00ff0080' } }, top: 20, left: 30 }]).png().toBuffer();
  const resized = await sharp(picture).resize(Number(width)).rotate(90).toFormat(format).toBuffer();
  const { width: w, height: h, channels, format: kind } = await sharp(resized).metadata();
  console.log(`${w}x${h} ${kind} with ${channels} channels`);
  const answer = response || { status: '200', headers: {} };
  answer.headers['content-type'] = [{ key: 'Content-Type', value: `image/${kind}` }];
  return { ...answer, body: resized.toString('base64'), bodyEncoding: 'base64' };
};
