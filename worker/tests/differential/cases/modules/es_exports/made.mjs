const text = '<!-- no comment -->', n = 1;
let i = 3;
while (i-->0);
export default class extends Array { static text = text; static less = n<i; }
