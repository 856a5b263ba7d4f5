export default 'es';
export const list = [1, 2];
