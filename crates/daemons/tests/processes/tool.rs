//! The command line tool on a running cluster: programs as jobs, without any Rust.

use crate::daemon::{Daemon, Ended, run, scheduler, worker};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const TOOL: &str = env!("CARGO_BIN_EXE_taskloom");

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Cluster {
    _worker: Daemon,
    _scheduler: Daemon,
    address: String,
}

impl Cluster {
    fn start() -> Self {
        let (scheduler, address) = scheduler(&[]);
        let mut worker = worker(&address, &["--nthreads", "2"]);
        worker.line("registered with");
        Self {
            _worker: worker,
            _scheduler: scheduler,
            address,
        }
    }

    /// Runs the tool to its end.
    fn tool(&self, words: &[&str]) -> Ended {
        run(TOOL, &[words, &["--scheduler", &self.address]].concat())
    }

    /// Submits and returns the name of the job.
    fn submit(&self, flags: &[&str], command: &[&str]) -> String {
        let start = ["submit", "--scheduler", &self.address];
        let ended = run(TOOL, &[&start, flags, &["--"], command].concat());
        assert_eq!(ended.code(), 0, "{}", ended.output);
        ended.output.trim().to_owned()
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::yield_now();
    }
}

fn path(of: &Path) -> &str {
    of.to_str().unwrap()
}

#[test]
fn an_array_of_programs_is_submitted_awaited_shown_and_forgotten() {
    let cluster = Cluster::start();
    let words = ["sh", "-c", "echo number $0 of $WHAT", "{}"];
    let job = cluster.submit(&["--array", "1-20", "--env", "WHAT=twenty"], &words);
    assert!(job.starts_with("sh-"), "{job}");
    // What submitted it has ended; its programs go on, and others find them.
    let ended = cluster.tool(&["wait", &job]);
    assert_eq!(ended.code(), 0, "{}", ended.output);
    assert!(
        ended.output.contains("20 ended well, 0 failed"),
        "{}",
        ended.output
    );
    let one = cluster.tool(&["logs", &job, "7"]);
    assert_eq!(one.output.trim(), "number 7 of twenty");
    let all = cluster.tool(&["logs", &job]);
    assert!(
        all.output.contains(&format!("==> {job}/20 <==")),
        "{}",
        all.output
    );
    assert!(all.output.contains("number 20 of twenty"), "{}", all.output);
    let jobs = cluster.tool(&["jobs"]);
    let row = jobs
        .output
        .lines()
        .find(|line| line.starts_with(&job))
        .unwrap();
    let figures: Vec<&str> = row.split_whitespace().skip(1).collect();
    assert_eq!(figures, ["20", "0", "0", "20", "0"], "{}", jobs.output);
    assert_eq!(cluster.tool(&["forget", &job]).code(), 0);
    let gone = cluster.tool(&["logs", &job]);
    assert_eq!(gone.code(), 1);
    assert!(
        gone.output.contains(&format!("there is no job {job}")),
        "{}",
        gone.output
    );
}

#[test]
fn a_failed_program_is_told_and_may_be_tried_again() {
    let cluster = Cluster::start();
    let directory = tempfile::tempdir().unwrap();
    let cwd = ["--cwd", path(directory.path())];
    let job = cluster.submit(&cwd, &["sh", "-c", "echo oops >&2; exit 9"]);
    let ended = cluster.tool(&["wait", &job]);
    assert_eq!(ended.code(), 1, "{}", ended.output);
    assert!(
        ended.output.contains("exited with code 9"),
        "{}",
        ended.output
    );
    assert!(ended.output.contains("oops"), "{}", ended.output);
    assert!(
        ended.output.contains("0 ended well, 1 failed"),
        "{}",
        ended.output
    );
    let second_time = "[ -e mark ] && exit 0; touch mark; exit 1";
    let flags = [&cwd[..], &["--retries", "1", "--name", "again"]].concat();
    assert_eq!(cluster.submit(&flags, &["sh", "-c", second_time]), "again");
    let ended = cluster.tool(&["wait", "again"]);
    assert_eq!(ended.code(), 0, "{}", ended.output);
    // The name is in use until it is forgotten.
    let words = ["submit", "--name", "again", "--", "true"];
    let start = [&["--scheduler", &cluster.address], &words[..]].concat();
    let refused = run(TOOL, &start);
    assert_eq!(refused.code(), 1);
    assert!(
        refused.output.contains("there is a job again already"),
        "{}",
        refused.output
    );
}

#[test]
fn files_travel_with_programs() {
    let cluster = Cluster::start();
    let directory = tempfile::tempdir().unwrap();
    let numbers = directory.path().join("numbers.txt");
    fs::write(&numbers, "3\n1\n2\n").unwrap();
    let flags = [
        "--in",
        path(&numbers),
        "--out",
        "sorted-{}.txt",
        "--array",
        "1-2",
    ];
    let command = ["sort", "-n", "-o", "sorted-{}.txt", "numbers.txt"];
    let job = cluster.submit(&flags, &command);
    let to = directory.path().join("results");
    let ended = cluster.tool(&["wait", &job, "--to", path(&to)]);
    assert_eq!(ended.code(), 0, "{}", ended.output);
    let sorted = fs::read_to_string(to.join("2/sorted-2.txt")).unwrap();
    assert_eq!(sorted, "1\n2\n3\n");
}

#[test]
fn a_cancelled_job_ends_its_programs() {
    let cluster = Cluster::start();
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--cwd", path(directory.path()), "--array", "1-5"];
    let command = ["sh", "-c", "echo $$ > pid-$0; exec sleep 1000", "{}"];
    let job = cluster.submit(&flags, &command);
    let first = directory.path().join("pid-1");
    until("the first program", || {
        fs::read_to_string(&first).is_ok_and(|text| text.ends_with('\n'))
    });
    let ended = cluster.tool(&["cancel", &job]);
    assert_eq!(ended.code(), 0, "{}", ended.output);
    assert!(
        ended.output.contains("5 programs cancelled"),
        "{}",
        ended.output
    );
    let pid = fs::read_to_string(&first).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    until("the end of the first program", || !process.exists());
    let ended = cluster.tool(&["wait", &job]);
    assert_eq!(ended.code(), 1, "{}", ended.output);
    assert!(
        ended.output.contains("0 ended well, 5 failed"),
        "{}",
        ended.output
    );
}

#[test]
fn wrong_words_are_answered_with_what_to_do() {
    let none = run(TOOL, &["jobs"]);
    assert_eq!(none.code(), 2, "{}", none.output);
    assert!(
        none.output.contains("--scheduler HOST:PORT"),
        "{}",
        none.output
    );
    let array = run(TOOL, &["submit", "--array", "9-1", "--", "true"]);
    assert_eq!(array.code(), 2);
    assert!(
        array.output.contains("write them as 1-1000"),
        "{}",
        array.output
    );
    let near = run(TOOL, &["submit", "--arrray", "1-9", "--", "true"]);
    assert_eq!(near.code(), 2);
    assert!(near.output.contains("'--array'"), "{}", near.output);
    let help = run(TOOL, &["--help"]);
    assert_eq!(help.code(), 0);
    assert!(
        help.output
            .contains("taskloom submit --array 1-1000 -- ./prog {}"),
        "{}",
        help.output
    );
}
