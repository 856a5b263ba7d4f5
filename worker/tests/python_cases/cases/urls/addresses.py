import ipaddress


def handler(event, context):
    found = []
    for text in event:
        try:
            address = ipaddress.ip_address(text)
            found.append([str(address), address.version, address.is_private, address.is_global, address.is_loopback, address.is_link_local, address.is_multicast, address.exploded, address.reverse_pointer, int(address) % 9973])
        except ValueError as error:
            found.append(str(error))
    network = ipaddress.ip_network("10.1.0.0/22")
    return [found, [str(n) for n in network.subnets(new_prefix=24)], str(network.supernet()), ipaddress.ip_address("10.1.3.9") in network, [str(n) for n in ipaddress.collapse_addresses(map(ipaddress.ip_network, ["10.0.0.0/25", "10.0.0.128/25", "10.0.2.0/24"]))]]
