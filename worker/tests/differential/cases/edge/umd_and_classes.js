;(function (root, factory) {
  // A UMD library beside a handler made of classes, mixins, symbols and proxies.
  if (typeof define === 'function' && define.amd) define(['exports'], factory)
  else if (typeof exports === 'object' && typeof exports.nodeName !== 'string') factory(exports)
  else factory((root.edge = {}))
}(typeof self !== 'undefined' ? self : this, function (exports) {
  var previous = exports.noConflict
  var Timed = function (Base) {
    return class extends Base {
      async run (event) {
        var begun = process.hrtime.bigint()
        try { return await super.run(event) } finally { this.logs.push(process.hrtime.bigint() >= begun) }
      }
    }
  }
  function Handler () { if (!(this instanceof Handler)) return new Handler(); this.logs = []; this.hooks = { before: [], after: [] } }
  Handler.prototype = {
    constructor: Handler,
    use: function (hook, fn) { this.hooks[hook].push(fn); return this },
    run: function (event) {
      var self = this
      var request = event.Records[0].cf.request
      return self.hooks.before.reduce(function (chain, fn) { return chain.then(function (r) { return fn.call(self, r) || r }) }, Promise.resolve(request))
        .then(function (r) { return self.hooks.after.reduceRight(function (v, fn) { return fn.call(self, v) }, r) })
    },
    [Symbol.toPrimitive]: function (hint) { return hint === 'number' ? this.logs.length : 'Handler(' + hint + ')' }
  }
  var headers = function (request) {
    return new Proxy(request.headers, {
      get: function (target, name) { var found = target[String(name).toLowerCase()]; return found && found[0].value },
      set: function (target, name, value) { target[name.toLowerCase()] = [{ key: name, value: '' + value }]; return true },
      has: function (target, name) { return name.toLowerCase() in target },
      deleteProperty: function (target, name) { return delete target[name.toLowerCase()] },
      ownKeys: function (target) { return Object.keys(target).reverse() },
      getOwnPropertyDescriptor: function () { return { enumerable: true, configurable: true } }
    })
  }
  var edge = new (Timed(Handler))()
  edge.use('before', function (r) {
    var h = headers(r)
    h['X-Forwarded-Host'] = h.HOST
    h['X-Number'] = +this
    h['X-Text'] = this
    delete h.Cookie
    with_(h)
    this.logs.push('Accept' in h, Object.keys(h).join())
  }).use('before', async function (r) { if (r.uri === '/fail') throw new URIError('no ' + decodeURIComponent('%41')); return Object.assign(Object.create({ inherited: 1 }), r, { uri: encodeURI(r.uri) }) })
    .use('after', function (r) { r.date = new Date(NaN); r.skip = undefined; r.symbol = Symbol('x'); r.big = new Map([[1, 2]]); r.list = [undefined, function () {}, NaN, -0, new Number(3), [,]]; return r })
  function with_ (h) { var value = Function('h', 'with (h) { return typeof host }')(h); h['X-With'] = value }
  exports.noConflict = previous
  exports.handler = edge.run.bind(edge)
  exports.handler = (function (run) { return async function () { try { return await run.apply(null, arguments) } finally { console.log(`${edge}`, edge.logs.splice(0)) } } })(exports.handler)
}))
