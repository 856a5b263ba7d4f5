module.exports = { loaded: module.loaded, parent: module.parent.filename.split('/').pop(), self: this === exports };
