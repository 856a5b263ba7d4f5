//! Small databases in MaxMind's format.

use std::path::{Path, PathBuf};

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A value whose whole numbers are no wider than they need to be, as publishers write them.
struct Narrow<'a>(&'a Value);

impl Serialize for Narrow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Narrow)),
            Value::Object(map) => serializer.collect_map(map.iter().map(|(k, v)| (k, Narrow(v)))),
            Value::Number(number) => match number.as_u64().map(u16::try_from) {
                Some(Ok(narrow)) => narrow.serialize(serializer),
                Some(Err(_)) => (number.as_u64().unwrap() as u32).serialize(serializer),
                None => number.serialize(serializer),
            },
            other => other.serialize(serializer),
        }
    }
}

/// Writes a database of these networks; IPv4 ones as `::192.0.2.0/120`.
pub fn write(file: &Path, kind: &str, networks: &[(&str, Value)]) {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.database_type = kind.to_owned();
    database.metadata.binary_format_major_version = 2;
    for (network, record) in networks {
        let record = database.insert_value(Narrow(record)).unwrap();
        database.insert_node(network.parse::<IpAddrWithMask>().unwrap(), record);
    }
    // As updaters do it: no reader sees half a file.
    let half = file.with_extension("part");
    std::fs::write(&half, database.write_to(Vec::new()).unwrap()).unwrap();
    std::fs::rename(half, file).unwrap();
}

/// A place of which everything is known.
pub fn sao_paulo() -> Value {
    json!({
        "country": { "iso_code": "BR", "names": { "en": "Brazil", "de": "Brasilien" } },
        "subdivisions": [{ "iso_code": "SP", "names": { "en": "São Paulo" } }],
        "city": { "names": { "de": "nicht gefragt", "en": "São José" } },
        "location": {
            "latitude": -23.5475, "longitude": -46.6361, "time_zone": "America/Sao_Paulo",
        },
        "postal": { "code": "01000-000" },
    })
}

/// A place in the United States, by its country and market only.
pub fn seattle() -> Value {
    json!({ "country": { "iso_code": "US" }, "location": { "metro_code": 819 } })
}

/// A city database with the addresses of this machine, and an ASN database beside it.
pub fn local(folder: &Path) -> (PathBuf, PathBuf) {
    let (places, networks) = (folder.join("city.mmdb"), folder.join("asn.mmdb"));
    write(&places, "GeoLite2-City", &[("::127.0.0.0/120", sao_paulo()), ("::1/128", seattle())]);
    let number = json!({ "autonomous_system_number": 4_200_000_000_u32 });
    write(&networks, "GeoLite2-ASN", &[("::127.0.0.0/120", number)]);
    (places, networks)
}
