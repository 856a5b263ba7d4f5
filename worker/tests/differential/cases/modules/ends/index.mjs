import named, { other } from './end.mjs';

export const handler = async () => [named, other];
