//! A real Kubernetes on this machine, without Docker: for tests, demos and trying things by hand.

mod binaries;
mod cgroup;
mod cluster;
mod control_plane;
mod health;
mod host_dirs;
mod image;
mod kubeconfig;
mod kubectl;
mod launch;
mod layer;
mod layout;
mod net;
mod node;
mod node_config;
mod pki;
mod process;
mod requirements;
mod shell;
mod start;
mod state;
mod steps;
mod subnet;
mod teardown;

pub use binaries::{KUBERNETES, build, cache, dir as binaries_dir};
pub use cluster::{Cluster, Options, current, names};
pub use image::{Image, Sizes};
pub use node::BUSYBOX_IMAGE;
pub use process::Process;
pub use requirements::{Missing, available, check as check_requirements, install as install_requirements};
pub use state::{Mode, Network, State};
pub use steps::{Steps, human};
pub use subnet::Slice;
