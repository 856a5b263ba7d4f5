// Sends bots to a prerenderer, as webpack 4 writes it: modules in an object, exports by getter.
module.exports =
/******/ (function(modules) { // webpackBootstrap
/******/ 	var installedModules = {};
/******/ 	function __webpack_require__(moduleId) {
/******/ 		if(installedModules[moduleId]) {
/******/ 			return installedModules[moduleId].exports;
/******/ 		}
/******/ 		var module = installedModules[moduleId] = { i: moduleId, l: false, exports: {} };
/******/ 		modules[moduleId].call(module.exports, module, module.exports, __webpack_require__);
/******/ 		module.l = true;
/******/ 		return module.exports;
/******/ 	}
/******/ 	__webpack_require__.d = function(exports, name, getter) {
/******/ 		if(!__webpack_require__.o(exports, name)) Object.defineProperty(exports, name, { enumerable: true, get: getter });
/******/ 	};
/******/ 	__webpack_require__.r = function(exports) {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ 	__webpack_require__.n = function(module) {
/******/ 		var getter = module && module.__esModule ? function getDefault() { return module['default']; } : function getModuleExports() { return module; };
/******/ 		__webpack_require__.d(getter, 'a', getter);
/******/ 		return getter;
/******/ 	};
/******/ 	__webpack_require__.o = function(object, property) { return Object.prototype.hasOwnProperty.call(object, property); };
/******/ 	return __webpack_require__(__webpack_require__.s = "./src/index.js");
/******/ })
/******/ ({
"./src/bots.js": (function(module, exports) {
var names = ['googlebot', 'bingbot', 'yandex', 'facebookexternalhit', 'twitterbot'];
module.exports = { pattern: new RegExp(names.join('|'), 'i'), names: names };
}),
"./src/index.js": (function(module, __webpack_exports__, __webpack_require__) {
"use strict";
__webpack_require__.r(__webpack_exports__);
/* harmony export (binding) */ __webpack_require__.d(__webpack_exports__, "handler", function() { return handler; });
/* harmony import */ var _bots__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__("./src/bots.js");
/* harmony import */ var _bots__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(_bots__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__("path");
function handler(event, context, callback) {
  const request = event.Records[0].cf.request;
  const agent = (request.headers['user-agent'] || [{ value: '' }])[0].value;
  if (request.uri === '/robots.txt') {
    return callback(null, { status: 200, body: _bots__WEBPACK_IMPORTED_MODULE_0___default.a.names.map(n => `User-agent: ${n}\nAllow: /\n`).join('\n') });
  }
  if (_bots__WEBPACK_IMPORTED_MODULE_0__["pattern"].test(agent) && !Object(path__WEBPACK_IMPORTED_MODULE_1__["extname"])(request.uri).match(/^\.(?!html?$)/i)) {
    request.origin = { custom: { domainName: 'service.prerender.io', port: 443, protocol: 'https', path: '/' + encodeURIComponent('https://' + request.headers.host[0].value), sslProtocols: ['TLSv1', 'TLSv1.1'], readTimeout: 20, keepaliveTimeout: 5, customHeaders: {} } };
  }
  console.log(Object.prototype.toString.call(__webpack_exports__), agent.slice(0, 20));
  callback(null, request);
}
}),
"path": (function(module, exports) { module.exports = require("path"); })
});
