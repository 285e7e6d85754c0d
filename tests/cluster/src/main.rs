//! The command `cluster`: brings a real Kubernetes up and down on this machine.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use shipshape_cluster::{Cluster, Image, KUBERNETES, Mode, Options, Steps, names};

/// A real Kubernetes on this machine, without Docker
#[derive(Parser)]
#[command(name = "cluster")]
struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Subcommand)]
enum Commands {
    /// Build Kubernetes, etcd, CoreDNS and helm into the cache (once; minutes)
    Build,
    /// Bring a cluster up, or do nothing when it is up
    Up {
        #[command(flatten)]
        name: Name,
        /// API server, controller-manager and etcd only: no root, seconds, pods stay Pending
        #[arg(long)]
        control_plane_only: bool,
        /// Write who did what to which object to logs/audit.log
        #[arg(long)]
        audit: bool,
    },
    /// Take a cluster down and remove everything of it but the logs
    Down(Name),
    /// Give the node an image from an OCI archive
    LoadImage {
        #[command(flatten)]
        name: Name,
        /// The archive, as `cluster image` writes it
        file: PathBuf,
    },
    /// Show the clusters of this checkout
    Status,
    /// Run a command in the cluster's network, with KUBECONFIG set
    Exec {
        #[command(flatten)]
        name: Name,
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Print the lines that aim a shell at the cluster: eval "$(cluster env)"
    Env(Name),
    /// Say what this machine lacks
    Requirements {
        /// Install it, after a yes (YES=1 answers it)
        #[arg(long)]
        install: bool,
    },
    /// Write an OCI archive of one static program
    Image(ImageArgs),
}

#[derive(Args)]
struct Name {
    /// The cluster's name
    #[arg(long, default_value = "demo")]
    name: String,
}

#[derive(Args)]
struct ImageArgs {
    /// The static program, which lies at /FILE and is what the image runs
    #[arg(long)]
    binary: PathBuf,
    /// The image's name
    #[arg(long, value_name = "NAME:TAG")]
    name: String,
    /// The archive to write
    #[arg(long)]
    out: PathBuf,
    /// Add a file or folder
    #[arg(long, value_name = "HOST_PATH:IMAGE_PATH")]
    add: Vec<String>,
    /// Add a symbolic link
    #[arg(long, value_name = "IMAGE_PATH:TARGET")]
    link: Vec<String>,
    /// Run as this user instead of 65532:65532
    #[arg(long, value_name = "UID:GID")]
    user: Option<String>,
    /// Run this instead of the program alone; once per word
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    entrypoint: Vec<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "cluster: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Commands) -> Result<ExitCode> {
    let mut out = stdout();
    match command {
        Commands::Build => drop(shipshape_cluster::build(false, &mut Steps::new(&mut out))?),
        Commands::Up { name, control_plane_only, audit } => up(Options { name: name.name, control_plane_only, audit })?,
        Commands::Down(name) => down(&name.name)?,
        Commands::LoadImage { name, file } => Cluster::attach(&name.name)?.load_image(&file)?,
        Commands::Status => status()?,
        Commands::Exec { name, command } => return exec(&name.name, &command),
        Commands::Env(name) => env(&name.name)?,
        Commands::Requirements { install: true } => shipshape_cluster::install_requirements(&mut out)?,
        Commands::Requirements { install: false } => {
            shipshape_cluster::check_requirements(Mode::Node)?;
            writeln!(out, "nothing is missing")?;
        }
        Commands::Image(args) => image(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn up(options: Options) -> Result<()> {
    let mut out = stdout();
    let cluster = Cluster::up_reporting(&options, &mut out)?;
    let Some(state) = cluster.state() else {
        return Ok(writeln!(out, "CLUSTER=current: nothing was started; the cluster of KUBECONFIG answers")?);
    };
    writeln!(out, "\nKubernetes {KUBERNETES} is up as {:?} on {}", state.name, state.server)?;
    env(&options.name)?;
    Ok(writeln!(out, "# logs: {}", state.dir.join("logs").display())?)
}

fn down(name: &str) -> Result<()> {
    let mut out = stdout();
    let removed = Cluster::down_named(name)?;
    for thing in &removed {
        writeln!(out, " ✔ removed {thing}")?;
    }
    Ok(writeln!(out, "{}", if removed.is_empty() { "nothing to take down" } else { "nothing is left but the logs" })?)
}

fn status() -> Result<()> {
    let mut out = stdout();
    let names = names();
    if names.is_empty() {
        writeln!(out, "no cluster: run `cluster up`")?;
    }
    for name in names {
        match Cluster::attach(&name) {
            Ok(cluster) => {
                let state = cluster.state().context("a cluster of this checkout has a record")?;
                writeln!(out, "{name}  up  {:?}  {}  {} daemons", state.mode, state.server, state.processes.len())?;
            }
            Err(error) => writeln!(out, "{name}  broken  {error:#}")?,
        }
    }
    Ok(())
}

fn exec(name: &str, words: &[String]) -> Result<ExitCode> {
    let (program, args) = words.split_first().context("name a command after --")?;
    let status = Cluster::attach(name)?
        .command(program)
        .args(args)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

fn env(name: &str) -> Result<()> {
    let mut out = stdout();
    let cluster = Cluster::attach(name)?;
    if let Some(state) = cluster.state() {
        writeln!(out, "export KUBECONFIG='{}'", state.dir.join("kubeconfig").display())?;
        writeln!(out, "export PATH='{}':\"$PATH\"", state.bin.display())?;
    }
    Ok(())
}

fn image(args: &ImageArgs) -> Result<()> {
    let ImageArgs { binary, name, out, add, link, user, entrypoint } = args;
    let mut image = Image::of_binary(binary, name)?;
    for pair in add {
        let (host, path) =
            pair.rsplit_once(':').with_context(|| format!("--add {pair}: write HOST_PATH:IMAGE_PATH"))?;
        image = image.add(host.as_ref(), path);
    }
    for pair in link {
        let (path, target) = pair.split_once(':').with_context(|| format!("--link {pair}: write IMAGE_PATH:TARGET"))?;
        image = image.link(path, target);
    }
    if let Some(user) = user {
        ensure!(user.split(':').all(|id| id.parse::<u32>().is_ok()), "--user {user}: write numbers, UID:GID");
        image = image.user(user);
    }
    if !entrypoint.is_empty() {
        image = image.entrypoint(&entrypoint.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let sizes = image.write(out)?;
    let binary = binary.metadata()?.len();
    let line = format!(
        "{}: program {}, layer {}, compressed {}",
        image.name(),
        mib(binary),
        mib(sizes.unpacked),
        mib(sizes.compressed)
    );
    Ok(writeln!(stdout(), "{line}\nwritten to {}", out.display())?)
}

fn mib(bytes: u64) -> String {
    let hundredths = bytes * 100 / (1 << 20);
    format!("{}.{:02} MiB", hundredths / 100, hundredths % 100)
}
