console.log('ran'); export const t = await 1;
