//! The databases themselves.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use brink_gateway::viewer_headers::geo::{Geo, GeoFiles};
use brink_shared::registry::distribution::viewer_header::ViewerHeader;
use tokio_util::sync::CancellationToken;

use crate::database::{local, sao_paulo, seattle, write};

fn files(places: &std::path::Path) -> GeoFiles {
    GeoFiles { database: Some(places.to_owned()), asn_database: None }
}

fn country(geo: &Geo, address: &str) -> Option<String> {
    geo.value(ViewerHeader::Country, address.parse().unwrap())
}

#[test]
fn every_header_has_its_place_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let (places, networks) = local(folder.path());
    let both = GeoFiles { database: Some(places), asn_database: Some(networks) };
    let geo = Geo::open(&both).unwrap();
    let v4 = IpAddr::from([127, 0, 0, 1]);
    for (header, value) in [
        (ViewerHeader::Country, "BR"),
        (ViewerHeader::CountryName, "Brazil"),
        (ViewerHeader::CountryRegion, "SP"),
        (ViewerHeader::CountryRegionName, "S%C3%A3o Paulo"),
        (ViewerHeader::City, "S%C3%A3o Jos%C3%A9"),
        (ViewerHeader::Latitude, "-23.54750"),
        (ViewerHeader::Longitude, "-46.63610"),
        (ViewerHeader::PostalCode, "01000-000"),
        (ViewerHeader::TimeZone, "America/Sao_Paulo"),
        (ViewerHeader::Asn, "4200000000"),
    ] {
        assert_eq!(geo.value(header, v4).as_deref(), Some(value), "{header:?}");
        assert_eq!(geo.lacks(header), None);
    }
    assert_eq!(geo.value(ViewerHeader::MetroCode, v4), None);
    let v6: IpAddr = "::1".parse().unwrap();
    assert_eq!(geo.value(ViewerHeader::MetroCode, v6).as_deref(), Some("819"));
    assert_eq!(geo.value(ViewerHeader::City, v6), None);
    assert_eq!(geo.value(ViewerHeader::IsMobile, v4), None);
    for unknown in ["10.0.0.1", "192.0.2.1", "2001:db8::1", "fe80::1"] {
        assert_eq!(country(&geo, unknown), None, "{unknown}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.mmdb");
    let error = Geo::open(&files(&missing)).unwrap_err().to_string();
    assert!(
        error.starts_with("geo.database: cannot use ") && error.contains("none.mmdb"),
        "{error}"
    );

    let (places, networks) = local(folder.path());
    let whole = std::fs::read(&networks).unwrap();
    for broken in [&b""[..], &b"not a database"[..], &whole[..whole.len() / 2], &whole[40..]] {
        std::fs::write(&networks, broken).unwrap();
        let both =
            GeoFiles { database: Some(places.clone()), asn_database: Some(networks.clone()) };
        let error = Geo::open(&both).unwrap_err().to_string();
        assert!(error.starts_with("geo.asn_database: cannot use "), "{error}");
    }
}

#[test]
fn values_without_a_file_are_missing() {
    let geo = Geo::none();
    assert_eq!(geo.lacks(ViewerHeader::City), Some("geo.database"));
    assert_eq!(geo.lacks(ViewerHeader::Asn), Some("geo.asn_database"));
    assert_eq!(geo.lacks(ViewerHeader::IsTablet), None);
    assert_eq!(country(&geo, "127.0.0.1"), None);
}

#[tokio::test(start_paused = true)]
async fn a_new_file_is_taken_up_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let places = folder.path().join("city.mmdb");
    write(&places, "GeoLite2-City", &[("::192.0.2.0/120", sao_paulo())]);
    let geo = Arc::new(Geo::open(&files(&places)).unwrap());
    let stop = CancellationToken::new();
    let following = tokio::spawn(geo.clone().follow(stop.clone()));
    assert_eq!(country(&geo, "192.0.2.1").as_deref(), Some("BR"));

    std::fs::write(&places, "half a file").unwrap();
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(country(&geo, "192.0.2.1").as_deref(), Some("BR"));
    std::fs::remove_file(&places).unwrap();
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(country(&geo, "192.0.2.1").as_deref(), Some("BR"));

    write(&places, "GeoLite2-City", &[("::192.0.2.0/120", seattle())]);
    let taken_up = async {
        while country(&geo, "192.0.2.1").as_deref() != Some("US") {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(300), taken_up).await.unwrap();
    stop.cancel();
    following.await.unwrap();
}
