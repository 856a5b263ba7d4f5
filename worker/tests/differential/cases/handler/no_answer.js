exports.handler = (event) => {
  if (event.timer) setTimeout(() => console.log('the timer ran'), 3);
};
