//! Names of channels, locks and their like.

use taskloom_core::limits::NAME_BYTES_MAX;

/// Whether something can have this name; `what` is such as "lock". The error says what is wrong.
pub(crate) fn check(what: &str, name: &str) -> Result<(), String> {
    let article = match what.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => "an",
        false => "a",
    };
    if name.is_empty() {
        return Err(format!("the name of {article} {what} is empty"));
    }
    if name.len() > NAME_BYTES_MAX {
        let start: String = name.chars().take(32).collect();
        let length = name.len();
        return Err(format!(
            "the name of {article} {what} has {length} bytes; at most {NAME_BYTES_MAX} are possible \
             (it begins with {start:?})"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_long_names_are_refused_in_words() {
        assert_eq!(check("lock", "db"), Ok(()));
        assert_eq!(check("lock", &"x".repeat(NAME_BYTES_MAX)), Ok(()));
        let empty = check("lock", "").unwrap_err();
        assert_eq!(empty, "the name of a lock is empty");
        let long = check("queue", &"é".repeat(NAME_BYTES_MAX)).unwrap_err();
        assert!(long.contains("1024 bytes; at most 512"), "{long}");
    }
}
