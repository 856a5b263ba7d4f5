let failed;
try {
  require('./broken');
} catch (error) {
  failed = [error.name, error.message];
}

exports.handler = async () => {
  let again;
  try {
    require('./broken');
  } catch (error) {
    again = error.message;
  }
  return [failed, again, global.attempts];
};
