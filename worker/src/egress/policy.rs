//! The policy: which addresses may a function call?
//!
//! A function may call all public addresses, unless its role names the only hosts that it may call.
//! It may call a private address only on a host that its settings or its role name, because private
//! services (metadata, the bus, databases) trust every client that can reach them. A name is looked
//! up first, and the connection goes to the address that was checked, so a name cannot change its
//! meaning in between.
//!
//! No function may call the worker's own admin address, whatever its settings say: the metrics there
//! are those of all tenants.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::OnceLock;

use brink_shared::id::RoleName;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::role::HostPattern;

/// The hosts that may be called.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The hosts whose private addresses may be called.
    named: Vec<HostPattern>,
    /// The only hosts that may be called, and the role that says so.
    only: Option<(RoleName, Vec<HostPattern>)>,
}

/// The function's role does not name the host. The name is not even looked up, because a lookup can
/// carry data to the outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host}{} is not among the hosts that role {role} may call; add \"{host}\"{} to roles.{role}.hosts and publish the function again",
    port.map(|port| format!(":{port}")).unwrap_or_default(),
    port.map(|port| format!(" or \"{host}:{port}\"")).unwrap_or_default(),
)]
pub struct Unnamed {
    host: String,
    /// None for a lookup.
    port: Option<u16>,
    role: RoleName,
}

/// The address may not be called. The function or its settings are at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host} is {}, which is {range}{}",
    address.ip(),
    match *range {
        OWN_ADMIN => String::new(),
        _ => format!(
            "; name \"{host}\" or \"{host}:{}\" in the function's `egress` setting to allow it",
            address.port()
        ),
    }
)]
pub struct Rejected {
    host: String,
    /// The address.
    pub address: SocketAddr,
    range: &'static str,
}

/// An address that no setting opens, in words.
const OWN_ADMIN: &str = "the admin address of this worker; no function may call it";

/// The admin address of this process. A process has one.
static ADMIN: OnceLock<SocketAddr> = OnceLock::new();

/// Keeps functions from this admin address of the process.
pub fn keep_from(admin: SocketAddr) {
    // Only the first one counts. A process has no other.
    let _ = ADMIN.set(admin);
}

// === impl Policy ===

impl Policy {
    /// Allows the private addresses of these hosts.
    pub fn new(named: &[String]) -> Self {
        // A text that is not a host matches no host.
        let named = named.iter().filter_map(|host| host.parse().ok()).collect();
        Self { named, only: None }
    }

    /// The policy of a function with these settings and this role.
    pub fn of(settings: &FunctionSettings) -> Self {
        let role = settings.role.as_ref();
        let only = role.and_then(|role| Some((role.name.clone(), role.rules.hosts.clone()?)));
        Self { only, ..Self::new(&settings.egress) }
    }

    /// The hosts that the settings and the role name.
    pub fn named(&self) -> Vec<String> {
        let only = self.only.iter().flat_map(|(_, hosts)| hosts);
        only.chain(&self.named).map(ToString::to_string).collect()
    }

    /// Checks whether the host may be called at all, before its addresses are known.
    pub fn permits(&self, host: &str, port: u16) -> Result<(), Unnamed> {
        match &self.only {
            Some((role, hosts)) if !hosts.iter().any(|named| named.names(host, port)) => {
                Err(Unnamed { host: host.to_owned(), port: Some(port), role: role.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Checks whether the host may be called on any port.
    pub fn permits_some(&self, host: &str) -> Result<(), Unnamed> {
        match &self.only {
            Some((role, hosts)) if !hosts.iter().any(|named| named.names_some(host)) => {
                Err(Unnamed { host: host.to_owned(), port: None, role: role.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The addresses of the host that may be called, in order. If none of them may be called, the
    /// error names one and the reason. It is no error if the host has no address.
    pub fn allowed(
        &self,
        host: &str,
        port: u16,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Rejected> {
        let named = self.names(host, port);
        let admin = ADMIN.get();
        let mut allowed = Vec::new();
        let mut rejected = None;
        for address in addresses {
            let own = admin.filter(|admin| leads_to(address, **admin)).map(|_| OWN_ADMIN);
            let closed = private_range(address.ip()).filter(|_| !named);
            match own.or(closed) {
                Some(range) => {
                    let host = host.to_owned();
                    rejected = Some(Rejected { host, address, range });
                }
                None => allowed.push(address),
            }
        }
        match rejected {
            Some(rejected) if allowed.is_empty() => Err(rejected),
            _ => Ok(allowed),
        }
    }

    /// True if the settings name the host, so its private addresses may be called.
    fn names(&self, host: &str, port: u16) -> bool {
        let only = self.only.iter().flat_map(|(_, hosts)| hosts);
        only.chain(&self.named).any(|named| named.names(host, port))
    }
}

/// True if a connection to the address reaches a listener at this one.
fn leads_to(address: SocketAddr, listener: SocketAddr) -> bool {
    let ip = |address: SocketAddr| match address.ip() {
        IpAddr::V6(ip) => embedded_v4(ip).map_or(IpAddr::V6(ip), IpAddr::V4),
        ip => ip,
    };
    let (to, at) = (ip(address), ip(listener));
    // Only an address of this machine can be bound.
    let is_own = || to.is_unspecified() || UdpSocket::bind((to, 0)).is_ok();
    address.port() == listener.port()
        && (to == at || at.is_unspecified() && is_own() || to.is_unspecified())
}

/// The kind of a private address, in words; none if the address is public.
fn private_range(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => private_v4(ip),
        IpAddr::V6(ip) => embedded_v4(ip).map_or_else(|| private_v6(ip), private_v4),
    }
}

/// RFC 6890's special-purpose addresses.
fn private_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    Some(match (a, b, c) {
        (127, ..) => "a loopback address",
        (0, ..) => "an unspecified address",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "a private address",
        // The public address from which machines of Azure get their secrets.
        (168, 63, 129) => "a metadata address",
        (169, 254, _) => "a link-local address",
        (100, 64..=127, _) => "a carrier-grade NAT address",
        (224..=239, ..) => "a multicast address",
        (240.., ..) => "a reserved address",
        (192, 0, 0)
        | (192, 0, 2)
        | (192, 88, 99)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113) => "a reserved address",
        _ => return None,
    })
}

fn private_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let [first, second, ..] = ip.segments();
    Some(match first {
        _ if ip.is_loopback() => "a loopback address",
        _ if ip.is_unspecified() => "an unspecified address",
        0xfe80..=0xfebf => "a link-local address",
        0xfec0..=0xfeff => "a site-local address",
        0xfc00..=0xfdff => "a unique local address",
        0xff00..=0xffff => "a multicast address",
        0x2001 if second < 0x0200 || second == 0x0db8 => "a reserved address",
        0x3fff if second < 0x1000 => "a reserved address",
        0x2000..=0x3fff => return None,
        _ => "a reserved address",
    })
}

/// The IPv4 address in an IPv6 address: mapped (`::ffff:a.b.c.d`), NAT64 (`64:ff9b::a.b.c.d`) or
/// 6to4 (`2002:aabb:ccdd::`).
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(policy: &Policy, host: &str, ip: &str) -> Result<Vec<SocketAddr>, Rejected> {
        policy.allowed(host, 80, [SocketAddr::new(ip.parse().unwrap(), 80)])
    }

    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        let policy = Policy::default();
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::7f00:1",
            "64:ff9b:1::7f00:1",
            "2002:a9fe:a9fe::",
            "fd00:ec2::254",
            "2001::1",
            "168.63.129.16",
            "2001:db8::1",
        ] {
            let why = choose(&policy, "host.example", ip).unwrap_err().to_string();
            assert!(why.contains("egress"), "{ip}: {why}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for ip in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(choose(&Policy::default(), "host.example", ip).is_ok(), "{ip}");
        }
    }

    #[test]
    fn a_named_host_is_allowed_on_its_port_only_if_one_is_named() {
        let policy = Policy::new(&["Any.internal".to_owned(), "one.internal:80".to_owned()]);
        assert!(choose(&policy, "any.INTERNAL", "10.0.0.1").is_ok());
        assert!(choose(&policy, "one.internal", "10.0.0.1").is_ok());
        assert!(choose(&policy, "other.internal", "10.0.0.1").is_err());
        let private = [SocketAddr::new("10.0.0.1".parse().unwrap(), 81)];
        assert!(policy.allowed("one.internal", 81, private).is_err());
    }

    #[test]
    fn a_listener_is_reached_by_all_its_addresses() {
        for (to, at, reaches) in [
            ("127.0.0.1:9000", "127.0.0.1:9000", true),
            ("[::ffff:127.0.0.1]:9000", "127.0.0.1:9000", true),
            ("0.0.0.0:9000", "127.0.0.1:9000", true),
            ("127.0.0.2:9000", "0.0.0.0:9000", true),
            ("127.0.0.2:9000", "127.0.0.1:9000", false),
            ("127.0.0.1:9001", "127.0.0.1:9000", false),
            ("192.0.2.1:9000", "0.0.0.0:9000", false),
        ] {
            let [to, at] = [to, at].map(|address| address.parse().unwrap());
            assert_eq!(leads_to(to, at), reaches, "{to} at {at}");
        }
    }

    #[test]
    fn a_public_address_beside_a_private_one_is_taken() {
        let addresses = ["10.0.0.1:80", "1.1.1.1:80"].map(|a| a.parse().unwrap());
        let allowed = Policy::default().allowed("both.example", 80, addresses);
        assert_eq!(allowed, Ok(vec!["1.1.1.1:80".parse().unwrap()]));
    }

    #[test]
    fn a_role_names_the_only_hosts_and_opens_private_ones_by_it() {
        let json = serde_json::json!({"name": "edge", "hosts": ["*.internal", "api.example:443"]});
        let role = Some(serde_json::from_value(json).unwrap());
        let policy = Policy::of(&FunctionSettings { role, ..FunctionSettings::default() });
        assert!(policy.permits("db.internal", 5432).is_ok());
        assert!(policy.permits("api.example", 443).is_ok());
        assert!(choose(&policy, "db.internal", "10.0.0.1").is_ok());
        let why = policy.permits("api.example", 80).unwrap_err().to_string();
        assert!(why.contains("role edge") && why.contains("roles.edge.hosts"), "{why}");
        assert!(Policy::default().permits("anything.example", 1).is_ok());
    }
}
