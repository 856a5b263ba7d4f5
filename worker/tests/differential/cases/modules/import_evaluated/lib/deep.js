exports.inFunction = () => eval("import('./value.mjs')");
