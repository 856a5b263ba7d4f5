module.exports = function callable() {
  return 'called';
};
module.exports.named = 3;
