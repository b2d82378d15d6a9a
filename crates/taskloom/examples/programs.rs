//! Programs as tasks, as `docs/programs.md` shows them.

use taskloom::prelude::*;
use taskloom::{Bytes, LocalCluster, Program, program_file};

#[task]
fn first_line(text: &Bytes) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    taskloom::init();
    let cluster = LocalCluster::builder().workers(2).start().await?;
    let client = cluster.client().await?;

    let text = client.scatter(b"3\n1\n2\n".to_vec()).await?;
    let sort = Program::new("sort")
        .args(["-n", "-o", "sorted.txt", "numbers.txt"])
        .input("numbers.txt", &text)
        .output("sorted.txt");
    let ran = client.submit(sort.task().retries(2));
    let sorted = client.submit(program_file::task(&ran, "sorted.txt"));
    let first = client.submit(first_line::task(&sorted));
    assert_eq!(first.await?, "1");

    let echo = Program::new("echo").args(["number", "{}"]);
    let runs = client.map(1..=100, |n| echo.clone().at(n).task()).await?;
    for ran in client.gather(&runs).await? {
        print!("{}", ran.stdout);
    }

    let fails = Program::new("sh").args(["-c", "echo no such luck >&2; exit 3"]);
    match client.submit(fails.task()).await {
        Ok(_) => return Err("it exits with 3".into()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
