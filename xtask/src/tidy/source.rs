//! Rust sources as the rules read them: without comments, literals and tests.

/// One word or sign of a source, and the line it stands on (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// An identifier, `::`, or a single sign.
    pub text: String,
    /// The line.
    pub line: usize,
}

/// The source with comments, strings and characters blanked out; lines stay where they are.
pub fn without_literals(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(
                chars[at..end]
                    .iter()
                    .map(|&c| if c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins here ends; `at` itself if none begins here.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next == Some('/') => line_end(chars, at),
        '/' if next == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at),
        'r' if !in_word && matches!(next, Some('"' | '#')) => raw_string_end(chars, at, at + 1),
        'b' | 'c' if !in_word && next == Some('r') => raw_string_end(chars, at, at + 2),
        '\'' => character_end(chars, at),
        _ => at,
    }
}

fn line_end(chars: &[char], at: usize) -> usize {
    chars[at..]
        .iter()
        .position(|&c| c == '\n')
        .map_or(chars.len(), |length| at + length)
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut i = at;
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// A raw string whose hashes begin at `hashes`; `r#name` is none.
fn raw_string_end(chars: &[char], at: usize, hashes: usize) -> usize {
    let count = chars[hashes..].iter().take_while(|&&c| c == '#').count();
    if chars.get(hashes + count) != Some(&'"') {
        return at;
    }
    let closing: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', count))
        .collect();
    let body = hashes + count + 1;
    let length = chars[body..]
        .windows(closing.len())
        .position(|window| window == closing);
    length.map_or(chars.len(), |length| body + length + closing.len())
}

/// A character literal; a lifetime is none.
fn character_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            let from = at + 3;
            let length = chars.iter().skip(from).position(|&c| c == '\'');
            length.map_or(chars.len(), |length| from + length + 1)
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

/// Cuts a source without literals into tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest
                .chars()
                .take_while(|&c| c.is_alphanumeric() || c == '_')
                .count();
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                n => rest.char_indices().nth(n).map_or(rest.len(), |(at, _)| at),
            };
            tokens.push(Token {
                text: rest[..length].to_owned(),
                line: number + 1,
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// The tokens of a source without comments, literals and what is compiled for tests alone.
pub fn code(source: &str) -> Vec<Token> {
    without_tests(tokens(&without_literals(source)))
}

/// The modules that a file declares for tests alone: `#[cfg(test)] mod x;`, also with `any(test, ..)`.
pub fn test_modules(source: &str) -> Vec<String> {
    let tokens = tokens(&without_literals(source));
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut names = Vec::new();
    for at in 0..tokens.len() {
        if text(at) != "cfg" || text(at + 1) != "(" {
            continue;
        }
        let condition = if text(at + 2) == "any" {
            at + 4
        } else {
            at + 2
        };
        let end = (at..tokens.len()).find(|&at| text(at) == "]");
        let Some(end) = end.filter(|_| text(condition) == "test") else {
            continue;
        };
        // `pub`, `pub(crate)` or nothing stands before `mod`.
        let module = (end + 1..end + 6).find(|&at| text(at) == "mod");
        if let Some(module) = module.filter(|&module| text(module + 2) == ";") {
            names.push(text(module + 1).to_owned());
        }
    }
    names
}

/// Drops every item that follows `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let marked = tokens.len() - at >= MARK.len()
            && tokens[at..]
                .iter()
                .zip(MARK)
                .all(|(token, mark)| token.text == mark);
        if marked {
            at = item_end(&tokens, at + MARK.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that begins here ends: after its `;` or its block.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        code(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn literals_and_comments_are_blank() {
        let source = "a /* b /* c */ d */ e // f\n\"g \\\" h\" i r#\"j \" k\"# l '\\'' m 'n' <'o>";
        assert_eq!(words(source), ["a", "e", "i", "l", "m", "<", "'", "o", ">"]);
    }

    #[test]
    fn lines_are_counted() {
        let found = code("a\n\"x\ny\"\nb::c");
        assert_eq!(
            found[1],
            Token {
                text: "b".into(),
                line: 4
            }
        );
        assert_eq!(found[2].text, "::");
    }

    #[test]
    fn modules_for_tests_are_known() {
        let source = "mod a; #[cfg(test)] mod b; #[cfg(any(test, feature = \"t\"))]\npub mod c;\
            #[cfg(unix)] mod d; #[cfg(test)] mod e { }";
        assert_eq!(test_modules(source), ["b", "c"]);
    }

    #[test]
    fn tests_are_left_out() {
        let source = "a; #[cfg(test)] mod tests { use x; fn f() {} } b; #[cfg(test)] mod t; c";
        assert_eq!(words(source), ["a", ";", "b", ";", "c"]);
    }
}
