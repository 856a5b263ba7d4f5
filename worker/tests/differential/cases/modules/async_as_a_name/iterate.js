const async = require('./defer.js');

exports.iterate = (list, callback) => {
  if (callback.length === 2) {
    return list.map((item) => callback(item, async(callback)));
  }
  return list.map((item) => callback(async(item)));
};
