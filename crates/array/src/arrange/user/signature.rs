//! Signatures of generalized functions, in numpy's notation: `(i,j),(j)->(i)`.

use crate::error::{ArrayError, Result};

/// A core dimension: what one axis of an operand is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Axes of one name have one length.
    Named(String),
    /// An axis of this length.
    Fixed(usize),
}

/// The core dimensions of the operands, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) inputs: Vec<Vec<Dimension>>,
    pub(super) outputs: Vec<Vec<Dimension>>,
}

impl Signature {
    /// Reads a signature. Spaces are of no meaning.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn parse(operation: &str, text: &str) -> Result<Self> {
        let none = |why: &str| {
            let reason = format!("{text:?} is no signature such as \"(i,j),(j)->(i)\": {why}");
            ArrayError::value(operation, reason)
        };
        let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, outputs) = packed
            .split_once("->")
            .ok_or_else(|| none("it needs \"->\" between what is taken and what is made"))?;
        let [inputs, outputs] = [inputs, outputs].map(operands);
        let inputs = inputs.map_err(|why| none(&why))?;
        let outputs = outputs.map_err(|why| none(&why))?;
        Ok(Self { inputs, outputs })
    }
}

/// The operands of one side: each in brackets, with commas between them.
fn operands(side: &str) -> Result<Vec<Vec<Dimension>>, String> {
    let mut operands = Vec::new();
    let mut rest = side;
    loop {
        let inner = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let Some((inner, behind)) = inner else {
            return Err(format!(
                "{rest:?} does not begin with an operand in brackets"
            ));
        };
        operands.push(match inner {
            "" => Vec::new(),
            names => names.split(',').map(dimension).collect::<Result<_, _>>()?,
        });
        rest = match behind.strip_prefix(',') {
            Some(rest) => rest,
            None if behind.is_empty() => return Ok(operands),
            None => return Err(format!("{behind:?} follows an operand")),
        };
    }
}

fn dimension(name: &str) -> Result<Dimension, String> {
    if let Ok(len) = name.parse() {
        return Ok(Dimension::Fixed(len));
    }
    let letter = |c: char| c.is_alphabetic() || c == '_';
    let begins = name.chars().next().is_some_and(letter);
    match begins && name.chars().all(|c| letter(c) || c.is_numeric()) {
        true => Ok(Dimension::Named(name.to_owned())),
        false => Err(format!("{name:?} is no name of a dimension")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Dimension, Signature};

    fn written(text: &str) -> Option<String> {
        let Signature { inputs, outputs } = Signature::parse("test", text).ok()?;
        let side = |operands: Vec<Vec<Dimension>>| {
            let operand = |operand: Vec<Dimension>| {
                let names = operand.into_iter().map(|dimension| match dimension {
                    Dimension::Named(name) => name,
                    Dimension::Fixed(len) => len.to_string(),
                });
                names.collect::<Vec<_>>().join(" ")
            };
            operands
                .into_iter()
                .map(operand)
                .collect::<Vec<_>>()
                .join("|")
        };
        Some(format!("{} > {}", side(inputs), side(outputs)))
    }

    #[test]
    fn what_a_signature_is() {
        assert_eq!(written("(i,j),(j)->(i)").unwrap(), "i j|j > i");
        assert_eq!(
            written(" ( ) , (k_1, 3) -> ( ),(k_1)").unwrap(),
            "|k_1 3 > |k_1"
        );
        for text in [
            "",
            "->",
            "(i)",
            "(i)->",
            "->(i)",
            "(i),->(i)",
            "(i)(j)->()",
            "(i->j)",
            "(i,)->()",
            "(1i)->()",
            "(i?)->()",
            "(i)->(j)->(k)",
            "i->()",
            "((i))->()",
            "(-1)->()",
        ] {
            assert_eq!(written(text), None, "{text:?}");
        }
    }
}
