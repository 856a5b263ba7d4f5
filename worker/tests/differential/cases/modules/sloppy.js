// Sloppy mode, as most CommonJS files are.
undeclared = 010;
var shadowed = 'outer';
function duplicate(a, a) {
  return a;
}
exports.handler = function () {
  var self = this === undefined ? 'undefined' : typeof this;
  with ({ shadowed: 'inner' }) {
    var inside = shadowed;
  }
  delete Object.prototype;
  label: for (var i = 0; i < 3; i += 1) {
    for (;;) {
      if (i === 1) break label;
      continue label;
    }
  }
  return Promise.resolve([undeclared, inside, duplicate(1, 2), i, typeof arguments, arguments.length > 1, hoisted()]);
  function hoisted() {
    return 'hoisted';
  }
};
