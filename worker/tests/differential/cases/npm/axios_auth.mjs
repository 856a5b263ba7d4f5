// An origin request that asks another service who the caller is.
import axios, { AxiosError } from 'axios';

const client = axios.create({ timeout: 3000 });

export const handler = async (event) => {
  const { request } = event;
  try {
    const { data } = await client.post(`${event.origin}${event.path ?? '/echo'}`, { token: request.headers.authorization?.[0].value }, { headers: { 'X-Request': event.id } });
    request.headers['x-identity'] = [{ key: 'X-Identity', value: JSON.parse(data.body).token }];
    return request;
  } catch (error) {
    if (!(error instanceof AxiosError)) throw error;
    console.error('identity', error.code, error.response?.status, error.toJSON().name);
    return { status: '502', body: error.message };
  }
};
