//! What the process uses of the machine, read from /proc when Prometheus asks.

use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Opts};

use super::catalogue;

/// Ticks a second of the times in /proc/self/stat: fixed at 100 for programs on every architecture that Linux has.
const TICKS: f64 = 100.0;

/// What the process uses of the machine.
pub(super) struct ProcessCollector {
    cpu: Counter,
    memory: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
}

/// What was read.
#[derive(Debug, Default, PartialEq)]
struct Usage {
    cpu_seconds: f64,
    memory_bytes: f64,
    open_fds: f64,
    max_fds: f64,
}

impl ProcessCollector {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let gauge = |metric: catalogue::Metric| Gauge::with_opts(Opts::new(metric.name, metric.help));
        Ok(Self {
            cpu: Counter::with_opts(Opts::new(catalogue::PROCESS_CPU.name, catalogue::PROCESS_CPU.help))?,
            memory: gauge(catalogue::PROCESS_MEMORY)?,
            open_fds: gauge(catalogue::PROCESS_FDS)?,
            max_fds: gauge(catalogue::PROCESS_MAX_FDS)?,
        })
    }
}

impl Collector for ProcessCollector {
    fn desc(&self) -> Vec<&Desc> {
        let Self { cpu, memory, open_fds, max_fds } = self;
        [cpu.desc(), memory.desc(), open_fds.desc(), max_fds.desc()].into_iter().flatten().collect()
    }

    /// Where there is no /proc, as on a laptop without Linux, nothing is told.
    fn collect(&self) -> Vec<MetricFamily> {
        let Some(usage) = Usage::read() else { return Vec::new() };
        self.cpu.inc_by((usage.cpu_seconds - self.cpu.get()).max(0.0));
        self.memory.set(usage.memory_bytes);
        self.open_fds.set(usage.open_fds);
        self.max_fds.set(usage.max_fds);
        let Self { cpu, memory, open_fds, max_fds } = self;
        [cpu.collect(), memory.collect(), open_fds.collect(), max_fds.collect()].into_iter().flatten().collect()
    }
}

impl Usage {
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let limits = fs::read_to_string("/proc/self/limits").ok()?;
        let open = u32::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
        Some(Self {
            cpu_seconds: cpu_seconds(&stat)?,
            memory_bytes: resident(&status)?,
            // Reading the folder opens one more.
            open_fds: f64::from(open.saturating_sub(1)),
            max_fds: max_fds(&limits)?,
        })
    }
}

/// The 14th and 15th value; the second, the program's name, may hold blanks and ends at the last parenthesis.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut values = rest.split(' ').skip(11);
    let mut ticks = || values.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}

fn max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(f64::INFINITY),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 1 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        assert_eq!(max_fds("Limit  Soft  Hard\nMax open files            1024   4096   files\n"), Some(1024.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_something() {
        let usage = Usage::read().unwrap();
        assert!(usage.memory_bytes > 0.0 && usage.open_fds > 0.0 && usage.max_fds >= usage.open_fds, "{usage:?}");
    }
}
