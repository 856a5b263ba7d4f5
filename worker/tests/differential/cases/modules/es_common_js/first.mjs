globalThis.order = ['first'];
