// As `inspector`; there is nothing to await.
module.exports = { ...require('inspector') };
