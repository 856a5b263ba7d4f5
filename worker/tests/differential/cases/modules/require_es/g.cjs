let r; try { r = require('./g.mjs') } catch (e) { r = [e.code, e.message] }; module.exports = r
