// What `new Date(text)` and `Date.parse` take besides ISO 8601.
const texts = [
  '2026-07-06', '2026-07-06T10:00', '2026-07-06T10:00:00.1234567Z', '2026-07-06T10:00:00-0700', '2026-07-06T10:00:00+02:00', '2026-07', '2026', '+012026-01-01T00:00:00Z',
  'Mon, 06 Jul 2026 10:00:00 GMT', 'Monday, 06-Jul-26 10:00:00 GMT', 'Mon Jul  6 10:00:00 2026', 'Mon Jul 06 2026 10:00:00 GMT+0200 (CEST)', 'Sat, 01-Jan-2022 00:00:00 GMT',
  'Jul 6, 2026', '6 July 2026 10:00', 'July 6 2026 10:00 PM', 'Dec 25, 1995 12:30 AM PST', 'Jan 2024', '2026/07/06', '07/06/2026', '7/6/26', '1/2/2003 4:05:06 PM', '2026-1-2',
  '2026-07-06 10:00:00', '2026-07-06 10:00:00+01:00', '2026-07-06 10:00:00 UTC', '2026-07-06 10:00:00.5', '(ignored) 1 Jan 2020', 'Wed, 21 Oct 2015 07:28:00 EST', '1 Jan 70 00:00 Z', '0', '1', '49', '50', '99',
  '2024-02-30', '2024-02-30T00:00:00Z', '2024-13-01', '2024-01-01T24:00:00Z', '2024-01-01T24:00:01Z', '2024-01-01T25:00', '12:00', 'x', '', ' ', 'Thursday', '1e3', '2024-W01', 'tomorrow', '1 Jan 2020 nonsense',
  '2019-06-15T10:00:00GMT', '2020-01-01T00:00:00 Z', '13 Jan 2020 13:00 PM', '2020-01-01T10:00:60Z', '-000000-01-01T00:00:00Z', 'Jan 32 2020', '1:2:3:4:5', '5 6 7 8', '2020.01.02', '01.02.2020',
];

exports.handler = async () => {
  const read = {};
  for (const text of texts) {
    const time = Date.parse(text);
    read[text] = Number.isNaN(time) ? 'invalid' : new Date(time).toISOString();
    if (!Object.is(new Date(text).getTime(), time)) read[text] = 'differs';
  }
  return read;
};
