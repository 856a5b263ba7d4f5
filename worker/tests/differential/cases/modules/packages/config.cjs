module.exports = 'the case configuration';
