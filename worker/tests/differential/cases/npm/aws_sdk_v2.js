// Clients of the AWS SDK v2 that sign, send to the origin, read answers and errors, and retry.
// The warning that it is old comes at a time of its own.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
const AWS = require('aws-sdk/global');
const DynamoDB = require('aws-sdk/clients/dynamodb');
const S3 = require('aws-sdk/clients/s3');
const SecretsManager = require('aws-sdk/clients/secretsmanager');
const SQS = require('aws-sdk/clients/sqs');

// Signatures tell the time.
Date.now = () => 1700000000000;
const credentials = new AWS.Credentials('AKID', 'secret', 'token');
const settings = (endpoint) => ({ endpoint, credentials, region: 'eu-west-1', maxRetries: 1, retryDelayOptions: { base: 1 }, httpOptions: { timeout: 5000 } });
// What the origin says that it was sent.
const sent = (request) => new Promise((resolve) => {
  request.on('complete', ({ httpResponse, error, retryCount }) => {
    let told;
    try {
      told = JSON.parse(httpResponse.body.toString());
      told.headers = told.headers.filter(([name]) => !/user-agent|invocation-id/.test(name));
    } catch {
      told = httpResponse.body && httpResponse.body.toString();
    }
    resolve({ told, status: httpResponse.statusCode, retryCount, error: error && [error.code, error.statusCode, error.retryable, error.name] });
  });
  request.send();
});

exports.handler = async ({ origin, way }) => {
  const dynamo = new DynamoDB(settings(origin));
  const s3 = new S3({ ...settings(origin), s3ForcePathStyle: true });
  const documents = new DynamoDB.DocumentClient({ service: dynamo });
  const calls = {
    get: () => sent(documents.get({ TableName: 't', Key: { id: 1, s: 'ü', set: documents.createSet(['a']) } })),
    put: () => sent(dynamo.putItem({ TableName: 't', Item: { b: { B: Buffer.from([1, 2]) }, n: { N: '1' } } })),
    object: () => sent(s3.putObject({ Bucket: 'b', Key: 'a b/ü.txt', Body: 'text', Metadata: { x: '1' }, ContentType: 'text/plain' })),
    list: () => sent(s3.listObjectsV2({ Bucket: 'b', Prefix: 'p/', MaxKeys: 3 })),
    wrong: () => sent(dynamo.getItem({ TableName: 5 })),
    secret: () => sent(new SecretsManager(settings(origin)).getSecretValue({ SecretId: 'x' })),
    queue: () => sent(new SQS(settings(origin)).sendMessage({ QueueUrl: `${origin}/1/q`, MessageBody: '<é&>' })),
    refused: () => sent(new DynamoDB(settings('http://127.0.0.1:1')).listTables()),
    url: async () => s3.getSignedUrl('getObject', { Bucket: 'b', Key: 'k', Expires: 60 }).replace(origin, ''),
    promise: async () => Object.keys(await s3.headObject({ Bucket: 'b', Key: 'k' }).promise()).sort(),
    marshal: async () => DynamoDB.Converter.unmarshall(DynamoDB.Converter.marshall({ a: [1, 'x', { b: null }], c: true })),
  };
  return calls[way]();
};
