// Expiry dates with moment and dayjs.
process.env.TZ = 'UTC';
const dayjs = require('dayjs');
const moment = require('moment');
dayjs.extend(require('dayjs/plugin/utc'));
dayjs.extend(require('dayjs/plugin/relativeTime'));
dayjs.extend(require('dayjs/plugin/customParseFormat'));

exports.handler = async ({ at, format }) => {
  const m = moment.utc(at, format);
  const d = format ? dayjs.utc(at, format) : dayjs.utc(at);
  if (!m.isValid() && format === 'strict') throw new RangeError(`no date: ${at}`);
  return {
    moment: [m.isValid(), m.format(), m.format('dddd, Do MMMM YYYY, h:mm:ss a [x] DDDo wo'), m.toISOString(), m.valueOf(), m.clone().add(1, 'month').endOf('week').format('LLLL'), m.from(moment.utc(0)), moment.duration(93784005).humanize(), moment.duration('P1DT2H').asMinutes(), m.isBefore('2030-01-01'), m.calendar(moment.utc(at, format).add(1, 'day')), m.toArray(), JSON.stringify(m), m.isoWeek(), m.locale(), m.unix(), m.diff(moment.utc('2020-01-01'), 'days')],
    dayjs: [d.isValid(), d.format('YYYY-MM-DD HH:mm:ss.SSS Z dddd MMM A'), d.toISOString && d.isValid() ? d.toISOString() : null, d.add(2, 'week').startOf('month').format(), d.from(dayjs.utc(0)), d.diff('2020-01-01', 'hour'), d.isAfter('2019-05-05'), d.daysInMonth(), d.set('hour', 25).unix(), dayjs.isDayjs(d), dayjs('2020-13-45', 'YYYY-MM-DD', true).isValid()],
  };
};
