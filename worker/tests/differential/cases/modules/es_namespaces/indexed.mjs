const first = 'first';
export { first as '0', first as b, first as a };
