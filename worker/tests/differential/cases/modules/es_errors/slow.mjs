order.push('slow begins'); await null; order.push('slow ends');
