module.exports = typeof __filename;
