exports.handler = (event) => ({
  then(resolve, reject) {
    if (event.fails) reject(new Error('from a thenable'));
    else resolve({ thenable: true });
    resolve('again');
  },
});
