//! Small databases in MaxMind's format.

use std::path::{Path, PathBuf};

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::{Value, json};

/// Writes a database of these networks; IPv4 ones as `::192.0.2.0/120`.
pub fn write(file: &Path, kind: &str, networks: &[(&str, Value)]) {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.database_type = kind.to_owned();
    database.metadata.binary_format_major_version = 2;
    for (network, record) in networks {
        let record = database.insert_value(record.clone()).unwrap();
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
    let number = json!({ "autonomous_system_number": 64496 });
    write(&networks, "GeoLite2-ASN", &[("::127.0.0.0/120", number)]);
    (places, networks)
}
