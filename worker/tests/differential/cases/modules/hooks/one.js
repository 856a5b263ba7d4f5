exports.one = [require('./two'), typeof require('path').join, module.children.length];
