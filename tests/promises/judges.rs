//! What others' judges say of everything that is made: helm's linter, checkov, and the API server's own rights.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use shipshape_tests::repository::{files, root, shown};
use tempfile::TempDir;

use super::Promise;
use super::world::{SYSTEM, World};

pub const PROMISES: &[Promise] = &[
    ("helm's linter accepts the charts with every set of values", lints),
    ("a wrong value is refused with its place", wrong_values_are_refused),
    ("checkov finds nothing in what the operator and the charts make", checkov_finds_nothing),
    ("the operator may do what it does, and no more", rights_are_least),
];

const CHART: &str = "charts/shipshape";
const CHECKOV: &str = "checkov==3.3.30";

/// The chart's sets of values, by their name.
fn cases() -> Vec<(String, PathBuf)> {
    let of = |path: PathBuf| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path);
    files(&root().join(CHART).join("ci"), &["-values.yaml"]).into_iter().map(of).collect()
}

fn lints(world: &World) -> Result<()> {
    world.helm(&["lint", "--strict", "charts/shipshape-crds"])?;
    for (_, path) in cases() {
        world.helm(&["lint", "--strict", CHART, "--values", &path.display().to_string()])?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Wrong {
    values: Value,
    says: String,
}

fn wrong_values_are_refused(world: &World) -> Result<()> {
    let folder = TempDir::new()?;
    let file = folder.path().join("values.yaml");
    let cases: Vec<Wrong> =
        serde_saphyr::from_str(&std::fs::read_to_string(root().join("charts/cases/refused-values.yaml"))?)?;
    for case in cases {
        std::fs::write(&file, case.values.to_string())?;
        match world.helm(&["template", "shipshape", CHART, "--values", &file.display().to_string()]) {
            Ok(_) => anyhow::bail!("{} was accepted", case.values),
            Err(error) => ensure!(format!("{error:#}").contains(&case.says), "{}: {error:#}", case.values),
        }
    }
    Ok(())
}

fn checkov_finds_nothing(world: &World) -> Result<()> {
    let checkov = checkov()?;
    judge(&checkov, "tests/golden/checkov.yaml", &["-d", "tests/golden"])?;
    let folder = TempDir::new()?;
    for (name, values) in cases().into_iter().filter(|(name, _)| !name.starts_with("bare")) {
        let rendered = world.helm(&[
            "template",
            "shipshape",
            CHART,
            "--namespace",
            SYSTEM,
            "--values",
            &values.display().to_string(),
        ])?;
        let file = folder.path().join(name);
        std::fs::write(&file, rendered)?;
        judge(&checkov, "charts/checkov.yaml", &["--file", &file.display().to_string()])?;
    }
    Ok(())
}

fn judge(checkov: &Path, config: &str, what: &[&str]) -> Result<()> {
    let output = Command::new(checkov).current_dir(root()).args(["--config-file", config]).args(what).output()?;
    ensure!(output.status.success(), "checkov {what:?}: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// checkov, in a place of its own in the cache; installed there once.
fn checkov() -> Result<PathBuf> {
    let cache = std::env::var_os("SHIPSHAPE_CACHE").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/shipshape"));
    let folder =
        cache.or_else(home).context("neither SHIPSHAPE_CACHE nor HOME is set")?.join(CHECKOV.replace("==", "-"));
    let program = folder.join("bin/checkov");
    if !program.is_file() {
        let run = |program: &Path, args: &[&str]| -> Result<()> {
            let output = Command::new(program)
                .args(args)
                .output()
                .with_context(|| format!("{} is missing", program.display()))?;
            ensure!(
                output.status.success(),
                "{} {args:?}: {}",
                program.display(),
                String::from_utf8_lossy(&output.stderr)
            );
            Ok(())
        };
        run(Path::new("python3"), &["-m", "venv", &folder.display().to_string()])?;
        run(&folder.join("bin/pip"), &["install", "--quiet", CHECKOV])?;
    }
    Ok(program)
}

/// The rights as data: `charts/cases/rights.yaml` explains its form.
#[derive(Deserialize)]
struct Rights {
    given: Vec<Value>,
    trials: Vec<Try>,
}

#[derive(Deserialize)]
struct Try {
    name: String,
    #[serde(rename = "as")]
    who: Option<String>,
    allowed: Option<Vec<String>>,
    refused: Option<Vec<String>>,
    says: Option<String>,
    input: Option<Value>,
}

const NAMESPACE: &str = "rights";

fn rights_are_least(world: &World) -> Result<()> {
    let path = root().join("charts/cases/rights.yaml");
    let rights: Rights = serde_saphyr::from_str(&std::fs::read_to_string(&path)?).with_context(|| shown(&path))?;
    world.kubectl(&format!("create namespace {NAMESPACE}"))?;
    for who in ["view", "edit"] {
        world.kubectl(&format!("create rolebinding {who} --clusterrole={who} --user={who} --namespace {NAMESPACE}"))?;
    }
    world.kubectl(&format!("wait serviceaccount/default --for=create --namespace {NAMESPACE} --timeout 20s"))?;
    for object in &rights.given {
        let mut object = object.clone();
        object["metadata"]["namespace"] = NAMESPACE.into();
        world.cluster.apply(&object.to_string())?;
    }
    let wrong: Vec<String> =
        rights.trials.iter().filter_map(|trial| try_it(world, trial).err()).map(|error| format!("{error:#}")).collect();
    world.kubectl(&format!("delete namespace {NAMESPACE} --wait=false"))?;
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

fn try_it(world: &World, trial: &Try) -> Result<()> {
    let who = match trial.who.as_deref() {
        Some("admin") => None,
        Some(other) => Some(other.to_owned()),
        None => Some(format!("system:serviceaccount:{SYSTEM}:shipshape-operator")),
    };
    let line = trial.allowed.as_ref().or(trial.refused.as_ref()).context("a trial allows or refuses")?;
    let mut args = vec!["--namespace".to_owned(), NAMESPACE.to_owned()];
    args.extend(who.map(|who| format!("--as={who}")));
    args.extend(line.iter().cloned());
    let input = trial.input.as_ref().map(ToString::to_string).unwrap_or_default();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = world.kubectl_with_input(&args, input.as_bytes());
    match (&trial.allowed, outcome) {
        (Some(_), outcome) => outcome.map(drop).with_context(|| trial.name.clone()),
        (None, Ok(output)) => anyhow::bail!("{}: was allowed: {output}", trial.name),
        (None, Err(error)) => {
            let says = trial.says.as_deref().unwrap_or_default();
            ensure!(format!("{error:#}").contains(says), "{}: {error:#}", trial.name);
            Ok(())
        }
    }
}
