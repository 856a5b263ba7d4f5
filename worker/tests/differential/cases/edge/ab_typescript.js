"use strict";
// What tsc makes of an A/B test for ES5: helpers for await, spread, classes and imports.
var __extends = (this && this.__extends) || (function () {
    var extendStatics = function (d, b) {
        extendStatics = Object.setPrototypeOf || function (d, b) { for (var p in b) d[p] = b[p]; };
        return extendStatics(d, b);
    };
    return function (d, b) {
        extendStatics(d, b);
        function __() { this.constructor = d; }
        d.prototype = b === null ? Object.create(b) : (__.prototype = b.prototype, new __());
    };
})();
var __assign = (this && this.__assign) || Object.assign;
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
var __importStar = (this && this.__importStar) || function (mod) {
    if (mod && mod.__esModule) return mod;
    var result = {};
    for (var k in mod) if (k !== "default" && Object.prototype.hasOwnProperty.call(mod, k)) {
        var desc = Object.getOwnPropertyDescriptor(mod, k);
        Object.defineProperty(result, k, desc && !("get" in desc) ? { enumerable: true, get: function (k) { return function () { return mod[k]; }; }(k) } : desc);
    }
    Object.defineProperty(result, "default", { enumerable: true, value: mod });
    return result;
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.handler = exports.Variant = void 0;
var crypto = __importStar(require("node:crypto"));
var util_1 = require("util");
var Variant;
(function (Variant) {
    Variant[Variant["A"] = 0] = "A";
    Variant[Variant["B"] = 1] = "B";
})(Variant || (exports.Variant = Variant = {}));
var ExperimentError = /** @class */ (function (_super) {
    __extends(ExperimentError, _super);
    function ExperimentError(message, uri) {
        var _newTarget = this.constructor;
        var _this = _super.call(this, message) || this;
        _this.uri = uri;
        _this.name = _newTarget.name;
        Object.setPrototypeOf(_this, _newTarget.prototype);
        return _this;
    }
    ExperimentError.prototype.describe = function () { return "".concat(this.name, " at ").concat(this.uri); };
    return ExperimentError;
}(Error));
var sleep = (0, util_1.promisify)(setTimeout);
var bucketOf = function (text) { return __awaiter(void 0, void 0, void 0, function* () {
    yield sleep(1);
    return parseInt(crypto.createHash("md5").update(text).digest("hex").slice(0, 8), 16) % 2;
}); };
var handler = function (event) { return __awaiter(void 0, void 0, void 0, function* () {
    var _a, _b;
    var request = event.Records[0].cf.request;
    try {
        if (request.uri === "/boom") throw new ExperimentError("no experiment", request.uri);
        var cookies = (_b = (_a = request.headers.cookie) === null || _a === void 0 ? void 0 : _a.map(function (_a) { var value = _a.value; return value; }).join("; ")) !== null && _b !== void 0 ? _b : "";
        var found = /(?:^|;\s*)X-Experiment=([AB])/.exec(cookies);
        var variant = found ? Variant[found[1]] : yield bucketOf(request.clientIp + request.uri);
        var uri = request.uri.replace(/\/$/, "/index.html");
        return __assign(__assign({}, request), { uri: variant === Variant.B ? "/experiment" + uri : uri, headers: __assign(__assign({}, request.headers), { "x-variant": [{ key: "X-Variant", value: Variant[variant] }] }) });
    }
    catch (error) {
        console.error(error instanceof ExperimentError, error.describe(), error.stack.split("\n")[0]);
        throw error;
    }
}); };
exports.handler = handler;
