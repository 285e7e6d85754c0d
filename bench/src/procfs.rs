//! What the kernel says of a process: time on the CPU of every thread, and memory.

use std::fs;

use anyhow::{Context, Result};
use serde::Serialize;

/// What processes used since they started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Time on the CPU of every thread, in nanoseconds.
    pub cpu: u64,
    /// Time that threads were runnable and waited for a CPU, in nanoseconds.
    pub waited: u64,
    /// The kernel's ticks in user space; only their ratio to `system` is used.
    pub user: u64,
    /// Ticks in the kernel.
    pub system: u64,
}

impl Usage {
    /// What these processes used so far, all threads together. A thread that ends takes its time with it: proxies keep
    /// theirs.
    ///
    /// # Errors
    /// When one of them is gone.
    pub fn of(pids: &[u32]) -> Result<Self> {
        let mut all = Self::default();
        for pid in pids {
            let folder = format!("/proc/{pid}/task");
            for thread in fs::read_dir(&folder).with_context(|| format!("{folder}: has process {pid} ended?"))? {
                let path = thread?.path().join("schedstat");
                // A thread may end between being listed and being read.
                let Ok(text) = fs::read_to_string(&path) else { continue };
                let (cpu, waited) =
                    parse_schedstat(&text).with_context(|| format!("{} is not as expected: {text}", path.display()))?;
                all.cpu += cpu;
                all.waited += waited;
            }
            let (user, system) = parse_stat(&read(*pid, "stat")?).with_context(|| format!("/proc/{pid}/stat"))?;
            all.user += user;
            all.system += system;
        }
        Ok(all)
    }

    /// What was used since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            waited: self.waited.saturating_sub(earlier.waited),
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// Memory of processes, pages that are shared with others counted in proportion, in KiB.
///
/// # Errors
/// When one of them is gone, or is not ours to look at.
pub fn pss(pids: &[u32]) -> Result<u64> {
    sum(pids, "smaps_rollup", "Pss:")
}

/// Resident memory of processes, in KiB.
///
/// # Errors
/// When one of them is gone.
pub fn rss(pids: &[u32]) -> Result<u64> {
    sum(pids, "status", "VmRSS:")
}

/// The processes of a group, its leader first.
#[must_use]
pub fn group(leader: u32) -> Vec<u32> {
    let listed = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // A process may end between being listed and being read.
    let is_member = |pid: &u32| read(*pid, "stat").ok().and_then(|text| parse_group(&text)) == Some(leader);
    let mut members: Vec<u32> = pids.filter(is_member).collect();
    members.sort_by_key(|pid| (*pid != leader, *pid));
    members
}

/// What kind of processor this is, as the kernel names it.
#[must_use]
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    named.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// The kernel's release.
#[must_use]
pub fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

fn sum(pids: &[u32], file: &str, field: &str) -> Result<u64> {
    let one =
        |pid: &u32| parse_kib(&read(*pid, file)?, field).with_context(|| format!("/proc/{pid}/{file}: no {field}"));
    pids.iter().map(one).sum()
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    fs::read_to_string(&path).with_context(|| format!("{path}: has the process ended?"))
}

/// Nanoseconds on the CPU and nanoseconds waited, of a thread's `schedstat`.
fn parse_schedstat(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Ticks in user space and in the kernel, fields 14 and 15 of `stat` (proc(5)). The name in field 2 may hold blanks and
/// parentheses, so the count begins behind the last one.
fn parse_stat(text: &str) -> Option<(u64, u64)> {
    let (_, behind_name) = text.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11).map(str::parse);
    Some((fields.next()?.ok()?, fields.next()?.ok()?))
}

/// The group of a process, field 5 of `stat` (proc(5)).
fn parse_group(text: &str) -> Option<u32> {
    let (_, behind_name) = text.rsplit_once(')')?;
    behind_name.split_whitespace().nth(2)?.parse().ok()
}

fn parse_kib(text: &str, field: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threads_schedstat_is_read() {
        assert_eq!(parse_schedstat("3184022567 129330 8812\n"), Some((3_184_022_567, 129_330)));
        assert_eq!(parse_schedstat("17"), None);
        assert_eq!(parse_schedstat("a b c"), None);
    }

    #[test]
    fn a_name_with_blanks_and_parentheses_shifts_no_field() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 321 654 0 0 20 0 3 0 999";
        assert_eq!(parse_stat(&format!("4711 (a) b (c)) {rest}")), Some((321, 654)));
        assert_eq!(parse_stat("4711 (short) S 1 2"), None);
        assert_eq!(parse_group("4711 (a) b (c)) S 1 42 3"), Some(42));
    }

    #[test]
    fn memory_is_read_by_its_name() {
        let text = "Rss:                9000 kB\nPss:                4321 kB\nPss_Dirty:            12 kB\n";
        assert_eq!(parse_kib(text, "Pss:"), Some(4321));
        assert_eq!(parse_kib(text, "VmRSS:"), None);
    }

    #[test]
    fn what_this_process_uses_grows_as_it_works() {
        let pids = [std::process::id()];
        let before = Usage::of(&pids).unwrap();
        let began = std::time::Instant::now();
        let mut used = Usage::default();
        while used.cpu < 5_000_000 {
            assert!(began.elapsed().as_secs() < 30, "no time is counted: {used:?}");
            used = Usage::of(&pids).unwrap().since(before);
        }
        assert!(pss(&pids).unwrap() > 100 && rss(&pids).unwrap() > 100);
        assert!(Usage::of(&[u32::MAX]).is_err());
    }
}
