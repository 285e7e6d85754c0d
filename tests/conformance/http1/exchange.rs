//! Running a case: the client does its steps, and everything that came of it is collected.

use std::time::Duration;

use anyhow::Result;

use super::case::{Case, Ending, Step, Want};
use super::client::{Client, End, Told};
use super::upstream::Connection;
use super::world::{PATIENCE, World};

/// Asks on the same connection whether it is kept.
const AGAIN: &[u8] = b"GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// What the upstream sees of it.
pub const ASKS_AGAIN: &str = "GET /again";
/// Longer than every time limit of the sidecar: who waits that long waits in vain.
const LIMIT: Duration = Duration::from_secs(15);
/// A connection is closed right after the answer that says so.
const CLOSING: Duration = Duration::from_secs(5);
/// Between two bytes of a trickle. Cases hold for any split; this only makes it likely that each is a packet.
const BEAT: Duration = Duration::from_micros(200);

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// What the client was told, up to the end of the connection.
    pub told: Told,
    /// How the connection had ended before the client ended it.
    pub end: End,
    /// Whether the client asked again, to see whether the connection is kept.
    pub asked_again: bool,
    /// What came upstream.
    pub upstream: Vec<Connection>,
}

/// Runs a case to the end of all its connections.
pub fn run(world: &World, case: &Case) -> Result<Outcome> {
    world.upstream.begin(case.replies.clone());
    let mut client = Client::connect(world.http, case.is_to_head())?;
    for step in &case.steps {
        take(&mut client, step);
    }
    let asked_again = listen(&mut client, &case.want);
    let end = client.told.end;
    client.half_close();
    client.read_to_end(LIMIT);
    let told = std::mem::take(&mut client.told);
    drop(client);
    world.fence()?;
    let all_ended = |seen: &[Connection]| seen.iter().all(|connection| connection.has_ended);
    let upstream = world.upstream.until("the upstream's connections end", PATIENCE, all_ended)?;
    Ok(Outcome { told, end, asked_again, upstream })
}

fn take(client: &mut Client, step: &Step) {
    match step {
        Step::Send(bytes) => client.write(bytes),
        Step::Trickle(bytes) => {
            for byte in bytes {
                client.write(&[*byte]);
                std::thread::sleep(BEAT);
            }
        }
        Step::AwaitContinue => {
            client.read_until(LIMIT, |told| !told.interims.is_empty() || !told.answers.is_empty());
        }
        Step::AwaitAnswers(count) => {
            client.read_until(LIMIT, |told| told.answers.len() >= *count);
        }
        Step::HalfClose => client.half_close(),
    }
}

/// Reads what there is to read; whether the client asked again.
fn listen(client: &mut Client, want: &Want) -> bool {
    let (answers, after) = match want {
        Want::Served(served) => (served.answers, served.after),
        Want::Refused(refused) => (refused.before + 1, refused.after),
        Want::Either(..) | Want::Nothing => (1, Ending::Open),
    };
    let answered = client.read_until(LIMIT, |told| told.answers.len() >= answers || told.broken.is_some());
    match after {
        Ending::Kept if answered => {
            client.write(AGAIN);
            client.read_until(LIMIT, |told| told.answers.len() > answers);
            true
        }
        Ending::Closed => {
            client.read_to_end(CLOSING);
            false
        }
        _ => false,
    }
}
