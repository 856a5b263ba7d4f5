global.attempts = (global.attempts || 0) + 1;
throw new RangeError(`attempt ${global.attempts}`);
