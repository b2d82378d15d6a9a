//! What tests skip on this machine.
//!
//! A test that lacks something (a tool, a kernel feature) prints a line `skipped: why` and passes.
//! Test programs hide the output of what passes, so they are told to show it, and this filter drops
//! all of it but those lines.

/// Reads the output of `cargo test -- --show-output` line by line.
#[derive(Debug, Default)]
pub struct Filter {
    in_successes: bool,
    test: String,
    skips: Vec<String>,
    passed: u64,
    failed: u64,
}

impl Filter {
    /// What to print for this line, if anything.
    pub fn line(&mut self, line: &str) -> Option<String> {
        if line == "successes:" {
            self.in_successes = true;
        } else if line == "failures:" || line.starts_with("test result:") {
            self.in_successes = false;
        }
        if !self.in_successes {
            self.count(line);
            return Some(line.to_owned());
        }
        if let Some(test) = line.strip_prefix("---- ") {
            self.test = test
                .trim_end_matches(" ----")
                .trim_end_matches(" stdout")
                .to_owned();
        }
        let why = line.trim().strip_prefix("skipped: ")?;
        let skip = format!("skipped: {why} ({})", self.test);
        self.skips.push(skip.clone());
        Some(skip)
    }

    /// Adds the numbers of a line `test result: ok. 3 passed; 0 failed; ...`.
    fn count(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result:") else {
            return;
        };
        let words: Vec<&str> = result
            .split([' ', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let number = pair[0].parse().unwrap_or(0);
            match pair[1] {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }

    /// The closing lines.
    pub fn summary(&self) -> String {
        let mut lines = self.skips.clone();
        lines.push(format!(
            "{} tests passed, {} failed, {} skipped",
            self.passed.saturating_sub(self.skips.len() as u64),
            self.failed,
            self.skips.len()
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_skips_remain_of_what_passed() {
        let output = "\nrunning 2 tests\ntest a ... ok\ntest b ... ok\n\nsuccesses:\n\n\
            ---- a stdout ----\nhello\nskipped: no python here\n\n\nsuccesses:\n    a\n    b\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        let mut filter = Filter::default();
        let shown: Vec<String> = output
            .lines()
            .filter_map(|line| filter.line(line))
            .collect();
        let text = shown.join("\n");
        assert!(text.contains("test a ... ok"));
        assert!(text.contains("skipped: no python here (a)"), "{text}");
        assert!(
            !text.contains("hello") && !text.contains("successes"),
            "{text}"
        );
        assert!(
            filter
                .summary()
                .ends_with("1 tests passed, 0 failed, 1 skipped")
        );
    }

    #[test]
    fn output_of_failures_is_kept() {
        let output = "successes:\n    b\n\nfailures:\n\n---- a stdout ----\nboom\n";
        let mut filter = Filter::default();
        let shown: Vec<String> = output
            .lines()
            .filter_map(|line| filter.line(line))
            .collect();
        assert!(shown.contains(&"boom".to_owned()));
    }
}
