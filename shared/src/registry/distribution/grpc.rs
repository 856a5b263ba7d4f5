//! The needs of a behavior with gRPC (`GrpcConfig` of CloudFront).

use super::access::Found;
use super::{Behavior, Distribution, Methods, OriginPlace};
use crate::event::OriginProtocol;

// === impl Distribution ===

impl Distribution {
    /// The problems of behaviors with `grpc`, each with the keys of its place.
    pub(in crate::registry) fn grpc_problems(&self) -> Vec<Found> {
        let behaviors = self.behaviors.iter().enumerate().filter(|(_, behavior)| behavior.grpc);
        behaviors
            .flat_map(|(index, behavior)| {
                let problems = self.grpc_problems_of(behavior);
                problems.into_iter().map(move |why| (format!("behaviors[{index}].grpc"), why))
            })
            .collect()
    }

    fn grpc_problems_of(&self, behavior: &Behavior) -> Vec<String> {
        let mut found = Vec::new();
        if behavior.methods != Methods::All {
            found.push("gRPC needs POST; write methods = \"all\"".to_owned());
        }
        if !behavior.functions.is_empty() {
            found.push(
                "gRPC calls run no functions, as at CloudFront; leave the functions out, or give \
                 gRPC a behavior of its own"
                    .to_owned(),
            );
        }
        // A POST has no second try at the secondary origin.
        let group = self.origin_groups.get(&behavior.origin);
        let name = group.map_or(&behavior.origin, |group| &group.primary);
        let secure = |place: &OriginPlace| match place {
            OriginPlace::Url(url) => url.protocol == OriginProtocol::Https,
            OriginPlace::Bucket(_) => false,
        };
        if self.origins.get(name).is_some_and(|origin| !secure(&origin.place)) {
            found.push(format!(
                "gRPC needs an origin that speaks HTTP/2 over TLS; give {name:?} an https:// url"
            ));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(behavior: &str) -> Vec<String> {
        let document = format!(
            "id = 'd'\norigins.web.url = 'https://web'\norigins.plain.url = 'http://plain'\n\
             origins.photos.s3 = 'b.s3.eu-west-1.amazonaws.com'\n\
             origin_groups.ha = {{ primary = 'plain', secondary = 'web' }}\n\
             [[behaviors]]\npath = '/other'\norigin = 'plain'\n\
             [[behaviors]]\npath = '*'\n{behavior}"
        );
        let distribution: Distribution = toml::from_str(&document).unwrap();
        let text = toml::to_string(&distribution).unwrap();
        assert_eq!(toml::from_str::<Distribution>(&text).unwrap(), distribution);
        let found = distribution.grpc_problems().into_iter();
        found.map(|(path, why)| format!("{path}: {why}")).collect()
    }

    #[test]
    fn a_behavior_for_calls_has_what_they_need() {
        let sound = "origin = 'web'\nmethods = 'all'\ngrpc = true";
        assert_eq!(problems(sound), Vec::<String>::new());
        assert_eq!(problems("origin = 'plain'\ngrpc = false"), Vec::<String>::new());
        for (behavior, words) in [
            ("origin = 'web'\nmethods = 'read-options'\ngrpc = true", "needs POST"),
            (
                "origin = 'web'\nmethods = 'all'\ngrpc = true\n\
                 functions.viewer-request = 'f:1'",
                "run no functions",
            ),
            ("origin = 'plain'\nmethods = 'all'\ngrpc = true", "give \"plain\" an https:// url"),
            ("origin = 'photos'\nmethods = 'all'\ngrpc = true", "give \"photos\" an https:// url"),
            ("origin = 'ha'\nmethods = 'all'\ngrpc = true", "give \"plain\" an https:// url"),
        ] {
            let found = problems(behavior);
            assert_eq!(found.len(), 1, "{behavior}: {found:?}");
            assert!(found[0].starts_with("behaviors[1].grpc: gRPC "), "{found:?}");
            assert!(found[0].contains(words), "{found:?}");
        }
        assert_eq!(
            problems("origin = 'plain'\ngrpc = true\nfunctions.viewer-request = 'f:1'").len(),
            3
        );
    }
}
