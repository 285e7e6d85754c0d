//! How a pod's last seconds are shared out; constants, so that a change of policy never rolls pods.

/// How long a pod may take to end, in seconds: one request at the built-in limit of 30 s that began as late as
/// possible, and what the other constants ask for. It is only used up while requests are in flight.
pub const GRACE_SECONDS: u32 = 60;

/// What the app has of it to stop by itself after SIGTERM, in seconds: as long as `docker stop` waits.
pub const APP_STOP_SECONDS: u32 = 10;

/// What hooks, signals and the kubelet's own bookkeeping may take of it, in seconds.
pub const MARGIN_SECONDS: u32 = 3;

/// How long the sidecar waits for requests in flight, in seconds: what is left. Beyond, the kubelet would end app and
/// sidecar at once.
pub const DRAIN_SECONDS: u32 = GRACE_SECONDS - APP_STOP_SECONDS - MARGIN_SECONDS;

/// What a container has to end when a probe restarts it, in seconds. The kubelet runs the drain's hook then as well,
/// and would otherwise wait the whole grace for a container that hangs.
pub const RESTART_SECONDS: u32 = 5;
