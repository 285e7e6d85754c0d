//! Whatever a client sends: one answer, one line, no defect.

use proptest::prelude::*;
use serde_json::json;
use shipshape_crds::api_keys::KeyText;

use crate::testing::{World, head};
use crate::wire::{Target, Version};

fn world() -> World {
    let policy = json!({
        "auth": {"mode": "Optional", "apiKeys": {}},
        "sizes": {"body": "8", "url": "64", "headers": "256"},
        "clientAddress": {"trustedProxies": ["203.0.113.0/24"]},
        "rateLimits": [{"name": "c", "per": "Client", "requests": 1000, "window": "1m"}]});
    World::new(policy, &[("a", "/a/{id}/**", &[], json!({"access": {"anyScope": ["read"]}}))])
}

/// Names that some phase looks at, and one that none does.
fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "x-api-key",
        "x_api_key",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-request-id",
        "content-type",
        "user-agent",
        "x-shipshape-subject",
        "x_shipshape_key",
        "cookie",
    ])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[a-z0-9.,:\\[\\] ]{0,40}".prop_map(String::into_bytes),
        Just(KeyText::new("dev", [1; 32]).reveal().as_bytes().to_vec()),
        Just(b"http".to_vec()),
    ]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof!["/[a-zA-Z/%0-9;.]{0,20}(\\?[a-z_&=%0-9]{0,20})?", "\\PC{0,30}", "/a/[a-z]{1,5}/(b|%2e|;x)?"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_request_gets_one_answer_and_one_line_and_the_app_no_forged_identity(
        method in prop_oneof!["GET", "HEAD", "POST", "[A-Z]{1,8}"],
        target in target(),
        authority in "[a-z0-9.:@\\[\\]]{0,20}",
        fields in proptest::collection::vec((name(), value()), 0..6),
        body in prop::sample::select(vec![vec![], vec!["abc"], vec!["abcd", "efgh", "i"]]),
        length in proptest::option::of(0_u64..20),
        plain in any::<bool>(),
    ) {
        let mut world = world();
        if plain {
            world.connection.tls = None;
        }
        let mut request = head(&method, "/", &[]);
        request.target = Target::new(target);
        (request.authority, request.content_length) = (authority, length);
        request.version = if plain { Version::Http10 } else { Version::Http2 };
        fields.into_iter().for_each(|(name, value)| request.fields.append(name, value));
        let seen = world.send(request, &body);

        prop_assert!((200..600).contains(&seen.status) && seen.status != 500, "{seen:?}");
        prop_assert!(seen.fields.has("x-request-id") && seen.fields.has("x-content-type-options"));
        prop_assert!(seen.status < 400 || seen.field("content-type") == Some("application/problem+json"));
        if world.app.count() > 0 {
            let received = world.app.last();
            let claimed = received.fields.iter().filter(|f| f.name.starts_with(b"x-shipshape") || f.name.contains(&b'_'));
            let identified = received.fields.has("x-shipshape-subject");
            prop_assert_eq!(claimed.count(), if identified { 3 } else { 0 });
            prop_assert!(!identified || received.fields.text("x-shipshape-key") == Some("dev"));
        }
        let secret = world.key.reveal()[10..40].to_owned();
        let log = world.log();
        prop_assert_eq!(log.len(), 1);
        prop_assert_eq!(log[0]["status"].as_u64(), Some(u64::from(seen.status)));
        prop_assert!(!log[0].to_string().contains(&secret), "{}", log[0]);
    }
}
