order.push('last');
