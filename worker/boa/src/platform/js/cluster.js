// `cluster` with a single process, the primary one.
const EventEmitter = require('events');
const made = require('internal/absent').absent('cluster', 'isWorker isMaster isPrimary Worker+EventEmitter workers settings SCHED_NONE SCHED_RR schedulingPolicy setupPrimary setupMaster fork disconnect', {
  isWorker: false, isMaster: true, isPrimary: true, workers: {}, settings: {}, SCHED_NONE: 1, SCHED_RR: 2, schedulingPolicy: 2,
});
module.exports = Object.defineProperties(new EventEmitter(), Object.getOwnPropertyDescriptors(made));
