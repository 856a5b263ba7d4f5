"use strict";
// What tsc makes of async code for ES5: a state machine, in which errors and `finally` are states.
var __awaiter = function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
var __generator = function (thisArg, body) {
    var _ = { label: 0, sent: function() { if (t[0] & 1) throw t[1]; return t[1]; }, trys: [], ops: [] }, f, y, t, g = Object.create((typeof Iterator === "function" ? Iterator : Object).prototype);
    return g.next = verb(0), g["throw"] = verb(1), g["return"] = verb(2), typeof Symbol === "function" && (g[Symbol.iterator] = function() { return this; }), g;
    function verb(n) { return function (v) { return step([n, v]); }; }
    function step(op) {
        if (f) throw new TypeError("Generator is already executing.");
        while (g && (g = 0, op[0] && (_ = 0)), _) try {
            if (f = 1, y && (t = op[0] & 2 ? y["return"] : op[0] ? y["throw"] || ((t = y["return"]) && t.call(y), 0) : y.next) && !(t = t.call(y, op[1])).done) return t;
            if (y = 0, t) op = [op[0] & 2, t.value];
            switch (op[0]) {
                case 0: case 1: t = op; break;
                case 4: _.label++; return { value: op[1], done: false };
                case 5: _.label++; y = op[1]; op = [0]; continue;
                case 7: op = _.ops.pop(); _.trys.pop(); continue;
                default:
                    if (!(t = _.trys, t = t.length > 0 && t[t.length - 1]) && (op[0] === 6 || op[0] === 2)) { _ = 0; continue; }
                    if (op[0] === 3 && (!t || (op[1] > t[0] && op[1] < t[3]))) { _.label = op[1]; break; }
                    if (op[0] === 6 && _.label < t[1]) { _.label = t[1]; t = op; break; }
                    if (t && _.label < t[2]) { _.label = t[2]; _.ops.push(op); break; }
                    if (t[2]) _.ops.pop();
                    _.trys.pop(); continue;
            }
            op = body.call(thisArg, _);
        } catch (e) { op = [6, e]; y = 0; } finally { f = t = 0; }
        if (op[0] & 5) throw op[1]; return { value: op[0] ? op[1] : void 0, done: true };
    }
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.handler = handler;
function wait(ms, value) { return new Promise(function (resolve, reject) { setTimeout(value instanceof Error ? reject : resolve, ms, value); }); }
function handler(event) {
    return __awaiter(this, void 0, void 0, function () {
        var request, seen, _i, _a, ms, _b, error_1;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    request = event.Records[0].cf.request;
                    seen = [];
                    _i = 0, _a = [3, 1, 2];
                    _c.label = 1;
                case 1:
                    if (!(_i < _a.length)) return [3 /*break*/, 4];
                    ms = _a[_i];
                    _b = seen.push;
                    return [4 /*yield*/, wait(ms, "".concat(request.uri, "#").concat(ms))];
                case 2:
                    _b.call(seen, _c.sent());
                    _c.label = 3;
                case 3:
                    _i++;
                    return [3 /*break*/, 1];
                case 4:
                    _c.trys.push([4, 6, 7, 8]);
                    return [4 /*yield*/, wait(1, request.uri === "/throw" ? new RangeError("thrown later") : "fine")];
                case 5:
                    seen.push(_c.sent());
                    return [3 /*break*/, 8];
                case 6:
                    error_1 = _c.sent();
                    console.log("caught", error_1.message);
                    if (request.querystring) throw error_1;
                    return [3 /*break*/, 8];
                case 7:
                    console.log("finally", seen.length);
                    return [7 /*endfinally*/];
                case 8: return [2 /*return*/, { uri: request.uri, seen: seen }];
            }
        });
    });
}
