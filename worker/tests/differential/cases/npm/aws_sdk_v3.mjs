// A client of the AWS SDK v3 that signs, sends to the origin, reads answers and errors, and retries.
import { DynamoDBClient, GetItemCommand, PutItemCommand, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';

// Signatures tell the time.
Date.now = () => 1700000000000;

const client = (endpoint, more) => new DynamoDBClient({ endpoint, region: 'eu-west-1', maxAttempts: 2, credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }, accountIdEndpointMode: 'disabled', ...more });

export const handler = async ({ origin, way }) => {
  const dynamo = client(origin);
  const seen = [];
  dynamo.middlewareStack.add((next) => async (args) => {
    const { request } = args;
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !/user-agent|invocation-id|host/i.test(name)));
    // The origin is on another port each time.
    headers.authorization = headers.authorization.replace(/Signature=[0-9a-f]{64}$/, 'Signature=...');
    seen.push({ method: request.method, path: request.path, headers, body: request.body });
    const answer = await next(args);
    seen.push({ status: answer.response.statusCode, type: answer.response.headers['content-type'] });
    return answer;
  }, { step: 'finalizeRequest', priority: 'low', name: 'seen' });
  const calls = {
    get: () => dynamo.send(new GetItemCommand({ TableName: 't', Key: { id: { N: '1' }, s: { S: 'ü' } }, ConsistentRead: true })),
    put: () => dynamo.send(new PutItemCommand({ TableName: 't', Item: { b: { B: new Uint8Array([1, 2]) }, l: { L: [{ BOOL: true }, { NULL: true }] }, ns: { NS: ['1', '2'] } } })),
    scan: async () => { for await (const page of paginateScan({ client: dynamo, pageSize: 2 }, { TableName: 't' })) return Object.keys(page); return 'none'; },
    refused: () => client('http://127.0.0.1:1').send(new ListTablesCommand({})),
    aborted: () => dynamo.send(new ListTablesCommand({}), { abortSignal: AbortSignal.abort() }),
    teapot: () => client(`${origin}/teapot`).send(new ListTablesCommand({})),
    wrong: () => dynamo.send(new GetItemCommand({})),
    callback: () => new Promise((resolve) => dynamo.send(new ListTablesCommand({ Limit: 1 }), (error, data) => resolve([error && error.name, Object.keys(data || {})]))),
  };
  const named = (error) => ({ error: error.name, code: error.code, fault: error.$fault, status: error.$metadata && error.$metadata.httpStatusCode, attempts: error.$metadata && error.$metadata.attempts });
  const value = await calls[way]().catch(named);
  if (value && value.$metadata) value.$metadata = { ...value.$metadata, requestId: undefined };
  return { value, seen };
};
