// The AWS SDK v3 with S3 and DynamoDB: what is written is read again, and errors have their names.
import { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { DynamoDBClient, PutItemCommand, GetItemCommand, DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Readable } from 'node:stream';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const named = (error) => [error.name, error.message, error.$metadata?.httpStatusCode];

export const handler = async ({ origin, text }) => {
  const s3 = new S3Client({ endpoint: origin, region: 'eu-west-1', forcePathStyle: true, credentials });
  const dynamo = new DynamoDBClient({ endpoint: origin, region: 'eu-west-1', credentials });
  const Bucket = 'shop', Key = 'a b/ü.txt';
  const found = [];
  const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: text, ContentType: 'text/plain', Metadata: { own: '1' } }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  found.push(put.ETag, got.ETag, got.ContentType, got.Metadata, await got.Body.transformToString());
  const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=1-3' }));
  found.push((await part.Body.transformToByteArray()).length, part.ContentRange);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body: Readable.from([Buffer.from(text), Buffer.from('more')]), ContentLength: Buffer.byteLength(text) + 4 }));
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  found.push(listed.Contents.map(({ Key: key, Size }) => [key, Size]));
  found.push(await s3.send(new GetObjectCommand({ Bucket, Key: 'none' })).catch(named));
  found.push(await s3.send(new HeadObjectCommand({ Bucket, Key: 'none' })).catch((error) => error.name));
  for (const key of [Key, 'streamed']) await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
  const TableName = 'carts', id = { S: 'ü' };
  await dynamo.send(new PutItemCommand({ TableName, Item: { id, n: { N: '12345678901234567890' }, b: { B: new Uint8Array([1, 255]) }, l: { L: [{ NULL: true }, { BOOL: false }] } } }));
  found.push((await dynamo.send(new GetItemCommand({ TableName, Key: { id } }))).Item);
  found.push(await dynamo.send(new PutItemCommand({ TableName, Item: { id }, ConditionExpression: 'attribute_not_exists(id)' })).catch(named));
  found.push(await dynamo.send(new GetItemCommand({ TableName: 'missing', Key: { id } })).catch(named));
  await dynamo.send(new DeleteItemCommand({ TableName, Key: { id } }));
  found.push((await dynamo.send(new ScanCommand({ TableName }))).Count);
  return found;
};
