// The AWS SDK v2 with S3 and DynamoDB, by promises, callbacks and its document client.
// The warning that it is old comes at a time of its own.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
const AWS = require('aws-sdk');

const common = { region: 'eu-west-1', accessKeyId: 'AKID', secretAccessKey: 'secret', maxRetries: 0 };
const named = (error) => [error.code, error.message, error.statusCode];

exports.handler = async ({ origin, text }) => {
  const s3 = new AWS.S3({ ...common, endpoint: origin, s3ForcePathStyle: true });
  const documents = new AWS.DynamoDB.DocumentClient({ ...common, endpoint: origin });
  const Bucket = 'shop', Key = 'v2/ü.txt';
  const found = [];
  const { ETag } = await s3.putObject({ Bucket, Key, Body: text, CacheControl: 'max-age=1' }).promise();
  const got = await new Promise((done, failed) => s3.getObject({ Bucket, Key }, (error, data) => (error ? failed(error) : done(data))));
  found.push(ETag, got.CacheControl, got.Body.toString());
  const pieces = [];
  for await (const piece of s3.getObject({ Bucket, Key }).createReadStream()) pieces.push(piece);
  found.push(Buffer.concat(pieces).length, (await s3.upload({ Bucket, Key: 'v2/up', Body: Buffer.alloc(1000, 'x') }).promise()).Key);
  found.push((await s3.listObjectsV2({ Bucket, Prefix: 'v2/' }).promise()).Contents.map((object) => object.Key));
  found.push(await s3.getObject({ Bucket, Key: 'none' }).promise().catch(named));
  for (const key of [Key, 'v2/up']) await s3.deleteObject({ Bucket, Key: key }).promise();
  const TableName = 'v2';
  await documents.put({ TableName, Item: { id: 7, tags: documents.createSet(['a']), deep: { ü: [1, null, true] }, raw: Buffer.from([1]) } }).promise();
  found.push((await documents.get({ TableName, Key: { id: 7 } }).promise()).Item);
  found.push(await documents.get({ TableName: 'missing', Key: { id: 7 } }).promise().catch(named));
  await documents.delete({ TableName, Key: { id: 7 } }).promise();
  found.push(s3.getSignedUrl('getObject', { Bucket, Key, Expires: 60 }).replace(/^http:\/\/[^/]+/, '').replace(/(Expires|Signature)=[^&]+/g, '$1'));
  return found;
};
