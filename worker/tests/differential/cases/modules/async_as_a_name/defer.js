module.exports = async;

function async(value) {
  return `deferred ${value}`;
}
