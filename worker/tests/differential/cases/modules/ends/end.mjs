const named = 1;
const other = 2;
export {
  named as default,
  other
}