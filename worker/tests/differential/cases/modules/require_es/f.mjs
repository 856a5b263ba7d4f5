console.log('ran f'); throw new TypeError('thrown')
