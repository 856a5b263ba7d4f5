// Nothing is traced.
module.exports = require('internal/absent').absent('trace_events', 'createTracing getEnabledCategories', { getEnabledCategories: () => undefined });
