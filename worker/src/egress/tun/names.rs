//! Placeholders: the addresses that a sandbox gets for names.
//!
//! The policy of a function names hosts, so a connection must say which host it means. Each name gets
//! an address of its own in a range that no service has, and a connection to this address means the
//! name. An address is used again only when the whole range was, so a client that keeps an address
//! for long meets an unknown one, and not another name.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;

use brink_frames::network::{NAME_SERVER, TUN_ADDRESS, TUN_PREFIX};

/// Most names that are remembered. The oldest is forgotten first.
const NAMES_MAX: usize = 4096;

/// The first placeholder, after the addresses of the device and the name server.
const FIRST: u32 = (TUN_ADDRESS.to_bits() | 0xff) + 1;

/// The address after the last one of the range.
const END: u32 = ((TUN_ADDRESS.to_bits() >> (32 - TUN_PREFIX)) + 1) << (32 - TUN_PREFIX);

/// The names that a sandbox asked for.
#[derive(Default)]
pub(super) struct Names {
    addresses: HashMap<String, Ipv4Addr>,
    names: HashMap<Ipv4Addr, String>,
    /// Oldest first.
    order: VecDeque<Ipv4Addr>,
    /// How many placeholders were given so far.
    given: u32,
}

/// An address in the range of placeholders that stands for nothing. The function is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoHost {
    /// It was not given, or long ago.
    #[error(
        "{0} stands for no name that was looked up lately; look the name up again before a connection"
    )]
    Forgotten(Ipv4Addr),
    /// It is the name server, which answers queries by UDP only.
    #[error("the name server {NAME_SERVER} answers UDP only")]
    NameServer,
}

// === impl Names ===

impl Names {
    /// The address that stands for a name.
    pub(super) fn placeholder(&mut self, name: &str) -> Ipv4Addr {
        if let Some(address) = self.addresses.get(name) {
            return *address;
        }
        if self.order.len() >= NAMES_MAX
            && let Some(oldest) = self.order.pop_front()
            && let Some(name) = self.names.remove(&oldest)
        {
            self.addresses.remove(&name);
        }
        let address = Ipv4Addr::from_bits(FIRST + self.given % (END - FIRST));
        self.given = self.given.wrapping_add(1);
        self.addresses.insert(name.to_owned(), address);
        self.names.insert(address, name.to_owned());
        self.order.push_back(address);
        address
    }

    /// The host that a connection to an address means: a name, or the address itself.
    pub(super) fn host(&self, address: Ipv4Addr) -> Result<String, NoHost> {
        if let Some(name) = self.names.get(&address) {
            return Ok(name.clone());
        }
        if address == NAME_SERVER {
            return Err(NoHost::NameServer);
        }
        let of_range =
            address.to_bits() >> (32 - TUN_PREFIX) == END.wrapping_sub(1) >> (32 - TUN_PREFIX);
        if of_range { Err(NoHost::Forgotten(address)) } else { Ok(address.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_address_until_it_is_forgotten() {
        let mut names = Names::default();
        let first = names.placeholder("a.example");
        assert_eq!(first, Ipv4Addr::new(198, 18, 1, 0));
        assert_eq!(names.placeholder("b.example"), Ipv4Addr::new(198, 18, 1, 1));
        assert_eq!(names.placeholder("a.example"), first);
        assert_eq!(names.host(first).unwrap(), "a.example");
        for number in 0..NAMES_MAX {
            names.placeholder(&format!("{number}.example"));
        }
        assert_eq!(names.host(first), Err(NoHost::Forgotten(first)));
        assert_ne!(names.placeholder("a.example"), first);
        assert_eq!(names.names.len(), NAMES_MAX);
        assert_eq!(names.addresses.len(), NAMES_MAX);
    }

    #[test]
    fn addresses_stay_in_the_range() {
        let mut names = Names { given: END - FIRST - 1, ..Names::default() };
        assert_eq!(names.placeholder("last.example"), Ipv4Addr::new(198, 19, 255, 255));
        assert_eq!(names.placeholder("first.example"), Ipv4Addr::new(198, 18, 1, 0));
    }

    #[test]
    fn other_addresses_mean_themselves() {
        let names = Names::default();
        assert_eq!(names.host(Ipv4Addr::new(192, 0, 2, 1)).unwrap(), "192.0.2.1");
        assert_eq!(names.host(NAME_SERVER), Err(NoHost::NameServer));
        let unknown = Ipv4Addr::new(198, 19, 0, 1);
        assert_eq!(names.host(unknown), Err(NoHost::Forgotten(unknown)));
    }
}
