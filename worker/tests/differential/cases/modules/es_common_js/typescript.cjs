"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.hidden = exports.read = void 0;
const part = { read: 'read' };
Object.defineProperty(exports, "read", { enumerable: true, get: function () { return part.read; } });
Object.defineProperty(exports, "hidden", { enumerable: true, get: function () { return compute(); } });
function compute() { return 'computed'; }
exports.default = () => {};
