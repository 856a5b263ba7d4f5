// `Date` as a class and as a function, and the texts of dates.
const util = require('util');

exports.handler = async () => {
  const date = new Date(Date.UTC(2024, 1, 29, 13, 4, 5, 678));
  class Later extends Date {
    later() {
      return this.getTime() + 1;
    }
  }
  const descriptor = (object, name) => {
    const { value, ...flags } = Object.getOwnPropertyDescriptor(object, name);
    return flags;
  };
  let order = '';
  const primitive = { [Symbol.toPrimitive]: (hint) => ((order += hint), 'Jul 6, 2026') };
  return {
    texts: [date.toString(), date.toTimeString(), date.toDateString(), date.toUTCString(), date.toISOString(), `${date}`, date + 1, JSON.stringify({ date })],
    invalid: [String(new Date(NaN)), new Date('x').toTimeString(), JSON.stringify(new Date(NaN)), util.inspect(new Date(NaN))],
    called: [typeof Date(), Date().endsWith('GMT+0000 (Coordinated Universal Time)'), typeof Date.now()],
    shape: [Date.name, Date.length, Object.getOwnPropertyNames(Date).sort(), descriptor(Date, 'prototype'), descriptor(Date, 'now'), descriptor(globalThis, 'Date')],
    made: [date.constructor === Date, date instanceof Date, Object.prototype.toString.call(date), Object.getPrototypeOf(date) === Date.prototype],
    extended: [new Later(5).later(), new Later('Jul 6, 2026') instanceof Later, Later.now.name, new Later() instanceof Date],
    copies: [new Date(date).getTime(), new Date(new Date(NaN)).getTime(), +new Date(primitive), order, +new Date(null), +new Date(undefined), +new Date(true), +new Date([2020]), +new Date(new String('2020'))],
    fields: [+new Date(2024, 0), +new Date(99, 1, 2, 3, 4, 5, 6), +new Date(2024, 14, 35), +new Date(8.64e15), +new Date(8.64e15 + 1)],
    reflected: [Reflect.construct(Date, [7]).getTime(), Reflect.construct(Date, ['7 Jul 2020'], Later) instanceof Later],
    offset: date.getTimezoneOffset(),
    inspected: [util.inspect(date), util.inspect([date]), util.inspect(Later), util.types.isDate(new Later())],
  };
};
