//! A service is changed while it is asked: nothing is lost, whatever is changed and however badly.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use shipshape_tests::wait::until;

use super::Promise;
use super::rollout::{Load, under_load};
use super::world::{PODS, SOON, World};

pub const PROMISES: &[Promise] = &[
    ("a change of the app's port loses no request", another_port),
    ("a health page that no pod has takes none of those that serve", a_missing_health_page),
    ("a version that cannot start leaves the one before serving", a_broken_version),
    ("a damaged policy is put back and loses no request", a_damaged_policy),
    ("the operator's end in the middle of its work leaves nothing undone", the_operator_ends),
];

const LOAD: Load = Load { path: "/hello", clients: 2, pause: Duration::from_millis(50) };
const CHANGING: &str = "apisvc changing --namespace demo";

fn service(name: &str) -> String {
    format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: {name}, namespace: demo}}\nspec:\n  app: {{image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello], env: [{{name: PORT, value: '3000'}}]}}\n  policy: {{auth: {{mode: None}}}}\n---\n"
    )
}

fn ready(world: &World) -> Result<()> {
    world.condition(CHANGING, "Ready", "True", None, PODS).map(drop)
}

/// Pods of the version before listen where they did until they go.
fn another_port(world: &World) -> Result<()> {
    world.cluster.apply(&service("changing"))?;
    ready(world)?;
    under_load(world, "demo", "changing", LOAD, "change of port", || {
        let patch = r#"[{"op":"replace","path":"/spec/app/port","value":3100},{"op":"replace","path":"/spec/app/env/0/value","value":"3100"}]"#;
        world.patch("ship/changing", patch)?;
        ready(world)
    })
}

/// Pods of the version before are asked at the pages that they have.
fn a_missing_health_page(world: &World) -> Result<()> {
    let before = world.pods("demo", "changing")?;
    under_load(world, "demo", "changing", LOAD, "missing health page", || {
        world
            .patch("ship/changing", r#"[{"op":"add","path":"/spec/app/health","value":{"ready":"/no-such-page"}}]"#)?;
        let refused = || async {
            let pods = world.pods("demo", "changing")?;
            let new = pods.iter().find(|pod| !before.contains(pod)).context("no new pod yet")?;
            let events = world.get(&format!(
                "events --namespace demo --field-selector involvedObject.name={},reason=Unhealthy",
                new.name
            ))?;
            let counts = events["items"].as_array().into_iter().flatten().filter_map(|event| event["count"].as_u64());
            // As often as takes a pod that serves out of its Service.
            ensure!(counts.sum::<u64>() > 3, "{} is not yet found unready: {events}", new.name);
            Ok(())
        };
        world.run(until("the new pod is found unready", PODS, refused))?;
        let ready = world.pods("demo", "changing")?.into_iter().filter(|pod| pod.ready && before.contains(pod)).count();
        ensure!(ready == before.len(), "{ready} of {} pods still serve", before.len());
        world.patch("ship/changing", r#"[{"op":"remove","path":"/spec/app/health"}]"#)?;
        self::ready(world)
    })
}

fn a_broken_version(world: &World) -> Result<()> {
    let image = |image: &str| format!(r#"[{{"op":"replace","path":"/spec/app/image","value":"{image}"}}]"#);
    under_load(world, "demo", "changing", LOAD, "broken version", || {
        world.patch("ship/changing", &image("shipshape.dev/no-such-app:2"))?;
        let (message, _) = world.condition(CHANGING, "Degraded", "True", Some("ImagePull"), PODS)?;
        ensure!(message.contains("no-such-app:2") && message.ends_with("2 pods serve as before"), "{message}");
        world.patch("ship/changing", &image("shipshape.dev/example-app:dev"))?;
        ready(world)
    })
}

/// What cannot be read, what cannot be understood, and nothing at all.
fn a_damaged_policy(world: &World) -> Result<()> {
    let damages = [
        r#"[{"op":"replace","path":"/data/config.json","value":"e2JhZA=="}]"#,
        r#"[{"op":"replace","path":"/data/config.json","value":"e30="}]"#,
        r#"[{"op":"remove","path":"/data/config.json"}]"#,
    ];
    let load = Load { pause: Duration::from_millis(5), ..LOAD };
    under_load(world, "demo", "changing", load, "damaged policy", || {
        let good = world.secret("demo", "changing-policy", "config.json")?;
        for damage in damages {
            world.patch("secret/changing-policy", damage)?;
            let mended = || async {
                ensure!(world.secret("demo", "changing-policy", "config.json")? == good, "it is damaged");
                Ok(())
            };
            world.run(until("the policy is put back", SOON, mended))?;
            ready(world)?;
        }
        Ok(())
    })?;
    world.kubectl("delete apisvc changing --namespace demo").map(drop)
}

/// The other pod takes over what the leader left half done.
fn the_operator_ends(world: &World) -> Result<()> {
    let names: Vec<String> = (1..=4).map(|number| format!("many-{number}")).collect();
    world.cluster.apply(&names.iter().map(|name| service(name)).collect::<String>())?;
    let lease = world.get("lease --namespace shipshape-system")?;
    let leader = lease["items"][0]["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned();
    world.kubectl(&format!("delete pod {leader} --namespace shipshape-system --grace-period=0 --force"))?;
    for name in &names {
        world.condition(&format!("apisvc {name} --namespace demo"), "Ready", "True", None, PODS)?;
    }
    let pods: usize = names.iter().map(|name| world.pods("demo", name).map_or(0, |pods| pods.len())).sum();
    ensure!(pods == 2 * names.len(), "{pods} pods of {} services", names.len());
    world.kubectl(&format!("delete apisvc {} --namespace demo", names.join(" "))).map(drop)
}
