// Chooses a language by cookie, header and country, as esbuild bundles it for ESM.
import { createRequire as __createRequire } from 'module';
const require = __createRequire(import.meta.url);
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __require = ((x) => typeof require !== "undefined" ? require : typeof Proxy !== "undefined" ? new Proxy(x, {
  get: (a, b) => (typeof require !== "undefined" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require !== "undefined") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
});
var __commonJS = (cb, mod) => function __require2() {
  return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
};
var __publicField = (obj, key, value) => __defProp(obj, typeof key !== "symbol" ? key + "" : key, { enumerable: true, configurable: true, writable: true, value });
var require_table = __commonJS({
  "src/table.js"(exports, module) {
    "use strict";
    var os = __require("os");
    module.exports = { DE: "de", AT: "de", FR: "fr", CN: "zh", US: "en", eol: os.EOL };
  }
});
var table = require_table();
var Chooser = class _Chooser {
  constructor(supported) {
    this.supported = supported;
    __publicField(this, "fallback", "en");
  }
  static #made = 0;
  static make(...supported) {
    _Chooser.#made++;
    return Object.freeze(new _Chooser(new Set(supported)));
  }
  static get made() { return this.#made; }
  byHeader(header = "") {
    const wishes = header.split(",").map((wish, index) => {
      const [, tag, q = "1"] = /^\s*([a-z*-]+)\s*(?:;\s*q=([\d.]+))?/i.exec(wish) ?? [];
      return { tag: tag?.split("-")[0].toLowerCase(), q: +q, index };
    });
    wishes.sort((a, b) => b.q - a.q || a.index - b.index);
    return wishes.find(({ tag }) => this.supported.has(tag))?.tag;
  }
};
var chooser = Chooser.make("en", "de", "fr", "zh");
var value = (headers, name) => headers[name]?.[0]?.value;
var handler = async (event) => {
  const { request } = event.Records[0].cf;
  const country = value(request.headers, "cloudfront-viewer-country");
  if (["KP"].includes(country)) return { status: 451, statusDescription: "Unavailable For Legal Reasons" };
  const cookie = value(request.headers, "cookie")?.match(/(?:^|;\s*)lang=(?<lang>\w{2})/)?.groups;
  const lang = [cookie?.lang, chooser.byHeader(value(request.headers, "accept-language")), table[country], chooser.fallback].find((one) => chooser.supported.has(one));
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  console.log(Chooser.made, lang, names.of(lang), import.meta.url.startsWith("file://"));
  if (!/^\/(en|de|fr|zh)(\/|$)/.test(request.uri)) {
    return { status: "302", headers: { location: [{ key: "Location", value: new URL(`/${lang}${request.uri}`, "https://example.com").href }], vary: [{ key: "Vary", value: "Accept-Language" }] } };
  }
  return request;
};
export {
  handler
};
