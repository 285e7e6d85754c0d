//! The bare shop, and the same shop behind the sidecar with its `ApiService`.

use std::collections::HashMap;
use std::future::Future;

use anyhow::{Context, Result};
use shipshape_tests::http::{Answer, Client, Payload};
use shipshape_tests::process::{Program, address, run};
use shipshape_tests::repository::root;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Both shops, running.
pub struct World {
    pub bare: Client,
    pub protected: Client,
    pub plain: Client,
    pub admin: Client,
    pub sidecar: Program,
    keys: HashMap<String, String>,
    runtime: Runtime,
    _app: Program,
    _state: TempDir,
}

impl World {
    pub fn start() -> Result<Self> {
        let mut app = Program::start("shipshape-example-app", &["shop", "--listen", "127.0.0.1:0"])?;
        let app_address = address(&app.serving()?, "address")?;
        let state = TempDir::new()?;
        let folder = root().join("examples/shop").display().to_string();
        let state_path = state.path().display().to_string();
        let free = [
            "--https",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--app",
            &app_address.to_string(),
        ];
        // The very file that the operator would mount, read by the very binary of the pod.
        let told = run(
            "shipshape",
            &[&["local", "-f", &folder, "--state", &state_path, "--print-config"], &free[..]].concat(),
        )?;
        let keys = ["admin", "customer", "superadmin"].map(|name| {
            let key =
                told.lines().find_map(|line| key_in(line, name)).with_context(|| format!("no key {name} in {told}"))?;
            Ok((name.to_owned(), key))
        });
        let config = state.path().join("shop.json").display().to_string();
        let control = state.path().join("control.sock").display().to_string();
        let mut sidecar = Program::start(
            "shipshape-sidecar",
            &[&["run", "--config", &config, "--control", &control], &free[..]].concat(),
        )?;
        let serving = sidecar.serving()?;
        let ca = std::fs::read_to_string(state.path().join("ca.pem"))?;
        Ok(Self {
            bare: Client::new(app_address, "localhost", None)?,
            protected: Client::new(address(&serving, "https")?, "localhost", Some(&ca))?,
            plain: Client::new(address(&serving, "http")?, "localhost", None)?,
            admin: Client::new(address(&serving, "admin")?, "localhost", None)?,
            keys: keys.into_iter().collect::<Result<_>>()?,
            sidecar,
            runtime: Runtime::new()?,
            _app: app,
            _state: state,
        })
    }

    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The key of an `ApiKey` of the example.
    pub fn key(&self, name: &str) -> Result<&str> {
        self.keys.get(name).map(String::as_str).with_context(|| format!("no key {name}"))
    }

    /// GET of the bare and of the protected shop.
    pub fn both(&self, path: &str, fields: &[(&str, &str)]) -> Result<(Answer, Answer)> {
        self.run(async { Ok((self.bare.get(path, fields).await?, self.protected.get(path, fields).await?)) })
    }

    /// A write of JSON to the bare shop, or with a key to the protected one.
    pub fn write(&self, client: &Client, method: &str, path: &str, key: Option<&str>, body: Payload) -> Result<Answer> {
        let mut fields = vec![("content-type", "application/json")];
        fields.extend(key.map(|key| ("x-api-key", key)));
        self.run(client.send(method, path, &fields, body))
    }
}

fn key_in(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once("a key to try")?;
    let key = rest.split_whitespace().next()?;
    rest.contains(&format!("({name},")).then(|| key.to_owned())
}

/// A product, padded so that its JSON has exactly so many bytes.
pub fn product(bytes: usize) -> Payload {
    let whole = |padding: usize| {
        let description = "x".repeat(padding);
        format!(r#"{{"name":"lamp","price":"9.90","category_id":1,"stock":3,"description":"{description}"}}"#)
    };
    Payload::Sized(whole(bytes.saturating_sub(whole(0).len())).into_bytes())
}

/// A category, padded so that its JSON has exactly so many bytes.
pub fn category(bytes: usize) -> Payload {
    let whole = |padding: usize| format!(r#"{{"name":"lamps","description":"{}"}}"#, "x".repeat(padding));
    Payload::Sized(whole(bytes.saturating_sub(whole(0).len())).into_bytes())
}
