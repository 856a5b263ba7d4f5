import './waits.mjs';
order.push('never');
