//! Programs on a real cluster.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::IntoFuture;
use std::path::Path;
use std::time::Duration;
use taskloom_client::Client;
use taskloom_cluster::LocalCluster;
use taskloom_programs::{Ending, Program, program_file};
use taskloom_task::{Bytes, task};

/// Longer than any of these tests should take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn within<T>(what: &str, future: impl IntoFuture<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, future.into_future()).await;
    done.unwrap_or_else(|_| panic!("{what} did not happen within {PATIENCE:?}"))
}

async fn cluster() -> (LocalCluster, Client) {
    let cluster = LocalCluster::builder().workers(1).threads(2).start();
    let cluster = within("the start", cluster).await.unwrap();
    let client = within("the connection", cluster.client()).await.unwrap();
    (cluster, client)
}

/// A program of the shell.
fn shell(text: &str) -> Program {
    Program::new("sh").args(["-c", text])
}

#[tokio::test]
async fn a_program_gets_its_words_and_gives_its_own() {
    let (_cluster, client) = cluster().await;
    let program = shell("echo \"$1 $WORD $TASKLOOM_INDEX\"; cat; echo oops >&2")
        .args(["sh", "a b"])
        .env("WORD", "hello {}")
        .stdin("from stdin\n")
        .at(3);
    let ran = within("the program", client.submit(program.task())).await;
    let ran = ran.unwrap();
    assert_eq!(ran.ending, Ending::Exited(0));
    assert!(ran.is_success());
    assert_eq!(ran.stdout.to_string(), "a b hello 3 3\nfrom stdin\n");
    assert_eq!(ran.stderr.to_string(), "oops\n");
}

#[task(crate = taskloom_task)]
fn numbers(n: u64) -> Bytes {
    let lines: Vec<String> = (0..n).rev().map(|i| i.to_string()).collect();
    lines.join("\n").into()
}

#[task(crate = taskloom_task)]
fn first_line(text: &Bytes) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn files_come_from_tasks_and_go_to_tasks() {
    let (_cluster, client) = cluster().await;
    let made = client.submit(numbers::task(50));
    let program = Program::new("sort")
        .args(["-n", "-o", "out/sorted.txt", "numbers.txt"])
        .input("numbers.txt", &made)
        .input("out/.keep", "")
        .output("out/sorted.txt");
    let ran = client.submit(program.task());
    let file = client.submit(program_file::task(&ran, "out/sorted.txt"));
    let first = client.submit(first_line::task(&file));
    assert_eq!(within("the first line", first).await.unwrap(), "0");
    let missing = client.submit(program_file::task(&ran, "sorted.txt"));
    let error = within("the error", missing).await.unwrap_err().to_string();
    assert!(
        error.contains("\"sorted.txt\"") && error.contains("out/sorted.txt"),
        "{error}"
    );
}

#[tokio::test]
async fn a_bad_end_is_an_error_unless_any_is_good() {
    let (_cluster, client) = cluster().await;
    let text = "echo something broke >&2; exit 3";
    let failed = client.submit(shell(text).task());
    let error = within("the end", failed).await.unwrap_err();
    assert!(error.is_task_failure(), "{error}");
    let error = error.to_string();
    assert!(error.contains("exited with code 3"), "{error}");
    assert!(error.contains("something broke"), "{error}");
    let ran = client.submit(shell(text).any_exit().task());
    let ran = within("the end", ran).await.unwrap();
    assert_eq!(ran.ending, Ending::Exited(3));
    let ran = client.submit(shell("kill -9 $$").any_exit().task());
    let ran = within("the end", ran).await.unwrap();
    assert_eq!(ran.ending, Ending::Killed(9));
}

#[tokio::test]
async fn much_output_is_cut_in_the_middle() {
    let (_cluster, client) = cluster().await;
    let program = Program::new("seq").arg("100000").output_limit(100);
    let ran = within("the program", client.submit(program.task())).await;
    let ran = ran.unwrap();
    let text = ran.stdout.to_string();
    assert!(
        text.starts_with("1\n2\n3\n") && text.ends_with("\n100000\n"),
        "{text}"
    );
    assert!(text.contains(" bytes left out]"), "{text}");
    assert_eq!(ran.stdout.head.len() + ran.stdout.tail.len(), 100);
}

#[tokio::test]
async fn what_cannot_be_started_is_told() {
    let (_cluster, client) = cluster().await;
    let sh = || Program::new("sh");
    let cases = [
        (Program::new("no-such-program-here"), "cannot be started"),
        (sh().directory("/no/such/place"), "is not on this worker"),
        (sh().input("../x", "y"), "no name of a file below"),
        (
            Program::new("true").output("never-written"),
            "has not left the file never-written",
        ),
    ];
    for (program, words) in cases {
        let error = within("the error", client.submit(program.task())).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Waits until a process is gone, given the file in which it left its number.
async fn gone(directory: &Path, name: &str) {
    let text = std::fs::read_to_string(directory.join(name)).unwrap();
    let id: libc::pid_t = text.trim().parse().unwrap();
    within("the end of a process", async {
        // SAFETY: signal 0 only asks whether the process is there.
        while unsafe { libc::kill(id, 0) } == 0 && !is_zombie(id) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Whoever inherits it has not collected it yet.
fn is_zombie(id: libc::pid_t) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().map(str::trim);
    state.is_some_and(|state| state.starts_with('Z'))
}

async fn written(directory: &Path, name: &str) {
    within("the start of a program", async {
        let whole = |text: String| text.ends_with('\n');
        while !std::fs::read_to_string(directory.join(name)).is_ok_and(whole) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_program_is_killed_with_all_that_it_has_started() {
    let (_cluster, client) = cluster().await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let program = shell("sleep 1000 & echo $! > child; echo $$ > own; wait").directory(place);
    let ran = client.submit(program.task());
    // Nobody waits for it, so it is told to go now.
    within("the scheduler", client.identity()).await.unwrap();
    written(directory.path(), "own").await;
    ran.cancel();
    gone(directory.path(), "own").await;
    gone(directory.path(), "child").await;
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed() {
    let (_cluster, client) = cluster().await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let program = shell("echo $$ > own; exec sleep 1000").directory(place);
    let call = program.task().timeout(Duration::from_millis(500));
    let error = within("the end", client.submit(call)).await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    // On a busy machine it may not even have begun.
    let begun = std::fs::read_to_string(directory.path().join("own"));
    if begun.is_ok_and(|text| text.ends_with('\n')) {
        gone(directory.path(), "own").await;
    }
}

#[tokio::test]
async fn what_a_program_leaves_running_ends_with_it() {
    let (_cluster, client) = cluster().await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let program = shell("sleep 1000 & echo $! > child").directory(place);
    within("the end", client.submit(program.task()))
        .await
        .unwrap();
    gone(directory.path(), "child").await;
}

#[tokio::test]
async fn lines_are_seen_while_the_program_runs() {
    let (_cluster, client) = cluster().await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let mut logs = client.logs();
    let program = shell("while [ ! -e go ]; do echo still waiting; sleep 0.05; done; echo done");
    let ran = client.submit(program.directory(place).task());
    within("the scheduler", client.identity()).await.unwrap();
    let line = within("a line", logs.next()).await.unwrap();
    assert_eq!(line.text, "still waiting");
    assert_eq!(line.key, ran.key());
    std::fs::write(directory.path().join("go"), "").unwrap();
    let ran = within("the end", ran).await.unwrap();
    assert!(ran.stdout.to_string().ends_with("done\n"));
}
