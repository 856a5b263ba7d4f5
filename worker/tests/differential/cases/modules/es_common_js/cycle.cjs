exports.load = async () => typeof (await import('./first.mjs'));
