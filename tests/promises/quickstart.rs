//! The quickstart: from `kubectl apply` to a protected answer, and an edit that applies without a restart.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use shipshape_tests::http::{Client, Payload};
use shipshape_tests::wait::until;

use super::Promise;
use super::world::{PODS, SOON, World};

/// Fields of a request.
type Fields<'a> = [(&'a str, &'a str)];

pub const PROMISES: &[Promise] = &[
    ("the quickstart serves a protected answer soon after kubectl apply", applies),
    ("no key, a wrong key and a key in the query are refused", keys_are_asked_for),
    ("bodies over the limit are refused, declared or not", bodies_are_limited),
    ("plain HTTP is redirected", plain_http_is_redirected),
    ("internal pages are not found from outside", internal_pages_are_hidden),
    ("an edited limit is enforced by every pod without a restart", edits_apply),
    ("what was refused is counted by every pod", refusals_are_counted),
    ("everything made carries the service's label and is owned by it", everything_is_labelled),
];

pub fn key(world: &World) -> Result<String> {
    world.secret("demo", "first-api-key", "key")
}

pub fn client(world: &World) -> Result<Client> {
    world.client("demo", "quickstart")
}

fn applies(world: &World) -> Result<()> {
    let began = Instant::now();
    world.kubectl_args(&["apply", "--filename", &world.path("examples/quickstart")])?;
    let answered = || async {
        let answer = client(world)?.get("/hello", &[("x-api-key", &key(world)?)]).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    };
    world.run(until("the first protected 200", PODS, answered))?;
    println!("measured: kubectl apply to the first protected 200: {:.1} s", began.elapsed().as_secs_f64());
    let (message, _) = world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    ensure!(message.contains("2 of 2"), "{message}");
    let columns = world.kubectl("get apisvc --namespace demo")?;
    let row = columns.lines().nth(1).context("no row")?;
    ensure!(row.contains("True") && row.contains("2/2") && row.contains("https://quickstart.demo.svc"), "{columns}");
    Ok(())
}

fn keys_are_asked_for(world: &World) -> Result<()> {
    let (client, key) = (client(world)?, key(world)?);
    let mut wrong = key.clone();
    wrong.replace_range(wrong.len() - 12..wrong.len() - 11, if wrong.ends_with('z') { "y" } else { "z" });
    let in_query = format!("/hello?api_key={key}");
    let cases: [(&str, &str, &Fields); 4] = [
        ("/hello", "API_KEY_MISSING", &[]),
        ("/hello", "API_KEY_INVALID", &[("x-api-key", "wrong")]),
        ("/hello", "API_KEY_INVALID", &[("x-api-key", &wrong)]),
        (&in_query, "API_KEY_IN_QUERY", &[]),
    ];
    for (path, code, fields) in cases {
        let answer = world.run(client.get(path, fields))?;
        ensure!(answer.status == 401 && answer.code() == code, "{code}: {answer:?}");
        ensure!(answer.field("content-type") == Some("application/problem+json"), "{answer:?}");
        ensure!(answer.field("x-request-id") == answer.member("requestId").as_str(), "{answer:?}");
    }
    let logged = || async {
        let logs = world.kubectl(
            "logs --namespace demo --selector shipshape.dev/service=quickstart --container shipshape --tail 500",
        )?;
        ensure!(!logs.contains(&key), "the key is in the log");
        ensure!(logs.contains("api_key=[redacted]"), "the query is not in the log yet");
        Ok(())
    };
    world.run(until("the redacted line", SOON, logged))?;
    Ok(())
}

fn bodies_are_limited(world: &World) -> Result<()> {
    let (client, key) = (client(world)?, key(world)?);
    let fields = [("x-api-key", key.as_str()), ("content-type", "text/plain")];
    let fits = world.run(client.send("POST", "/echo", &fields, Payload::Chunked(vec![b'a'; 1 << 20])))?;
    ensure!(fits.status == 200 && fits.body.len() == 1 << 20, "a body of exactly the limit: {}", fits.status);
    for body in [Payload::Sized(vec![b'a'; 2 << 20]), Payload::Chunked(vec![b'a'; 2 << 20])] {
        let answer = world.run(client.send("POST", "/echo", &fields, body))?;
        ensure!(answer.status == 413 && answer.code() == "BODY_TOO_LARGE", "{answer:?}");
    }
    Ok(())
}

fn plain_http_is_redirected(world: &World) -> Result<()> {
    let answer = world.run(world.plain_client("demo", "quickstart")?.get("/hello?a=b", &[]))?;
    ensure!(answer.status == 308, "{answer:?}");
    ensure!(answer.field("location") == Some("https://quickstart.demo.svc/hello?a=b"), "{answer:?}");
    Ok(())
}

fn internal_pages_are_hidden(world: &World) -> Result<()> {
    let (client, key) = (client(world)?, key(world)?);
    for path in ["/metrics", "/health/live", "/Health/Ready/", "/%6detrics"] {
        let answer = world.run(client.get(path, &[("x-api-key", &key)]))?;
        ensure!(answer.status == 404 && answer.code() == "NOT_FOUND", "{path}: {answer:?}");
    }
    Ok(())
}

fn edits_apply(world: &World) -> Result<()> {
    let before = world.pods("demo", "quickstart")?;
    let patch = |n: u32| format!(r#"[{{"op":"replace","path":"/spec/policy/rateLimits/0/requests","value":{n}}}]"#);
    let edit = |n: u32| -> Result<Duration> {
        let began = Instant::now();
        world.patch("ship/quickstart", &patch(n))?;
        world.condition("apisvc quickstart --namespace demo", "PolicyApplied", "True", Some("Acknowledged"), SOON)?;
        Ok(began.elapsed())
    };
    println!("measured: policy edit to PolicyApplied: {:.2} s", edit(3)?.as_secs_f64());
    for pod in &before {
        let (client, key) = (pod_client(world, &pod.address)?, key(world)?);
        let answers: Vec<_> =
            (0..12).map(|_| world.run(client.get("/hello", &[("x-api-key", &key)]))).collect::<Result<_>>()?;
        let last = answers.last().context("no answers")?;
        ensure!(last.status == 429 && last.code() == "RATE_LIMITED", "{last:?}");
        ensure!(last.field("ratelimit-policy") == Some("\"per-client\";q=3;w=60"), "{last:?}");
        ensure!(last.field("retry-after").is_some(), "{last:?}");
    }
    edit(30)?;
    ensure!(world.pods("demo", "quickstart")? == before, "a pod was replaced");
    Ok(())
}

/// A client of one pod, so that a limit counted per pod is the pod's own.
fn pod_client(world: &World, address: &str) -> Result<Client> {
    let ca = world.get("configmap quickstart-ca --namespace demo")?;
    let ca = ca["data"]["ca.crt"].as_str().context("no ca.crt")?;
    Client::new(format!("{address}:8443").parse()?, "quickstart.demo.svc", Some(ca))
}

fn refusals_are_counted(world: &World) -> Result<()> {
    for pod in world.pods("demo", "quickstart")? {
        let admin = Client::new(format!("{}:9443", pod.address).parse()?, &pod.address, None)?;
        let metrics = world.run(admin.get("/metrics", &[]))?;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        let counted = text.lines().any(|line| {
            line.starts_with("shipshape_refusals_total") && line.contains("RATE_LIMITED") && !line.ends_with(" 0")
        });
        ensure!(counted, "{}: {text}", pod.name);
        ensure!(!text.contains("/hello"), "a raw path is a label: {text}");
    }
    Ok(())
}

fn everything_is_labelled(world: &World) -> Result<()> {
    let kinds = "all,secret,configmap,pdb,serviceaccount";
    let list = world.get(&format!("{kinds} --namespace demo --selector shipshape.dev/service=quickstart"))?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    for kind in ["Deployment", "Service", "Secret", "ConfigMap", "PodDisruptionBudget", "ServiceAccount", "Pod"] {
        ensure!(items.iter().any(|item| item["kind"] == kind), "no {kind} is labelled");
    }
    let orphans = items.iter().filter(|item| item["metadata"]["ownerReferences"].is_null());
    let orphans: Vec<_> = orphans.map(|item| item["metadata"]["name"].clone()).collect();
    ensure!(orphans.is_empty(), "nobody owns {orphans:?}");
    Ok(())
}
