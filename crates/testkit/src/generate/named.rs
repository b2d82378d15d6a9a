//! The rules by the names that the literature gives their graphs.

use super::{bag, groupby, join, merge, numpy, tree};
use crate::shape::GraphShape;

/// The graph of a name such as `bag-25K-100`, `groupby-360-1S-1H` or `join-1-1S-1T`; `None` if there is
/// no rule for it, or its numbers make no sense.
///
/// ```
/// use taskloom_testkit::generate::by_name;
///
/// assert_eq!(by_name("merge-10K").unwrap().len(), 10_001);
/// assert!(by_name("merge-many").is_none());
/// ```
pub fn by_name(name: &str) -> Option<GraphShape> {
    let fields: Vec<&str> = name.split('-').collect();
    match fields[..] {
        ["merge", sources] | ["merge_slow", sources, _] => Some(merge(number(sources)? * 1_000)),
        ["tree", exponent] => {
            let exponent = number(exponent).filter(|exponent| *exponent <= 24)?;
            Some(tree(1 << (exponent - 1)))
        }
        ["bag", _, partitions] => Some(bag(number(partitions)?)),
        ["numpy", _, blocks] => Some(numpy(number(blocks)?)),
        ["groupby", days, _, hours] => Some(groupby(partitions(days, hours)?)),
        // A frequency of a minute.
        ["join", days, _, "1T"] => Some(join(number(days)? * 24 * 60)),
        ["join", days, _, hours] => Some(join(partitions(days, hours)?)),
        _ => None,
    }
}

/// A time series of so many days in partitions of so many hours.
fn partitions(days: &str, hours: &str) -> Option<usize> {
    (number(days)? * 24).checked_div(number(hours)?)
}

/// A number of at most six digits, so that no graph is out of all bounds, with its unit.
fn number(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(['K', 'S', 'H']);
    let number = digits.parse().ok()?;
    (1..1_000_000).contains(&number).then_some(number)
}
