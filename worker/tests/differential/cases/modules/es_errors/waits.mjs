import './slow.mjs';
order.push('waits runs');
throw new Error('after what it waited for');
