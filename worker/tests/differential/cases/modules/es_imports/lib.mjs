export default class Fallback {}
export const named = { is: 'named' };
export let late = 1;
export function bump() {
  late += 1;
}
