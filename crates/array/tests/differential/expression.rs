//! Expressions as the file has them.

use crate::numbers::{Written, float};
use flate2::read::GzDecoder;
use num_complex::Complex;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use taskloom_kernels::{DType, Scalar};

/// A file that `cargo xtask test --peers` has just made, in place of the recorded one.
pub const FILE: &str = "TASKLOOM_EXPRESSIONS";

#[derive(Debug, Deserialize)]
pub struct Expression {
    pub id: String,
    pub inputs: Vec<Input>,
    pub steps: Vec<Step>,
    pub outputs: Vec<Output>,
    /// The sum of the absolute values that occur.
    pub scale: f64,
    /// Whether numbers of 32 bits take part.
    pub single: bool,
    /// Whether numpy refuses the last step.
    pub fails: bool,
}

#[derive(Debug, Deserialize)]
pub struct Input {
    /// Its number among the values.
    pub place: usize,
    pub array: Written,
    pub chunks: Vec<Vec<usize>>,
    /// Axes whose lengths are to be forgotten.
    pub unknown: Vec<usize>,
}

#[derive(Debug, Deserialize)]
pub struct Output {
    pub v: usize,
    #[serde(flatten)]
    pub array: Written,
}

#[derive(Debug, Deserialize)]
pub struct Step {
    pub op: String,
    /// The number of its first result among the values.
    pub place: usize,
    pub results: usize,
    pub args: Vec<Argument>,
    #[serde(flatten)]
    pub parameters: Parameters,
}

/// What a step takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Argument {
    /// The result of a step, or an input, by its number.
    V(usize),
    Bool(bool),
    Int(i128),
    Float(Value),
    Complex(Value),
}

impl Argument {
    /// The number that it is; `None` if it is a value.
    pub fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::V(_) => None,
            Self::Bool(value) => Some(Scalar::from(*value)),
            Self::Int(value) => Some(match i64::try_from(*value) {
                Ok(value) => Scalar::from(value),
                // As a literal beyond all integers stands in Rust.
                Err(_) => Scalar::from(*value as f64),
            }),
            Self::Float(value) => Some(Scalar::from(float(value))),
            Self::Complex(value) => Some(Scalar::from(Complex::new(
                float(&value[0]),
                float(&value[1]),
            ))),
        }
    }
}

/// The parameters of a step by name.
#[derive(Clone, Debug, Deserialize)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        let value = self.get(name)?;
        Some(serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{name}: {e}")))
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn value(&self, name: &str) -> &Value {
        self.get(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn flag(&self, name: &str) -> bool {
        self.read(name).unwrap_or(false)
    }

    pub fn int(&self, name: &str) -> i64 {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn maybe_int(&self, name: &str) -> Option<i64> {
        self.read(name)
    }

    pub fn size(&self, name: &str) -> usize {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn maybe_size(&self, name: &str) -> Option<usize> {
        self.read(name)
    }

    pub fn ints(&self, name: &str) -> Vec<i64> {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn maybe_ints(&self, name: &str) -> Option<Vec<i64>> {
        self.read(name)
    }

    pub fn sizes(&self, name: &str) -> Vec<usize> {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn float(&self, name: &str) -> f64 {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn floats(&self, name: &str) -> Vec<f64> {
        match self.value(name) {
            Value::Array(values) => values.iter().map(float).collect(),
            one => vec![float(one)],
        }
    }

    pub fn text(&self, name: &str) -> String {
        self.read(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn dtype(&self, name: &str) -> Option<DType> {
        let name: String = self.read(name)?;
        Some(name.parse().expect("a dtype"))
    }

    pub fn chunks(&self) -> Vec<Vec<usize>> {
        self.read("chunks").expect("chunks")
    }
}

/// The file with the expressions.
fn file() -> PathBuf {
    let recorded =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/recorded.jsonl.gz");
    std::env::var_os(FILE).map_or(recorded, PathBuf::from)
}

/// All expressions of the file.
pub fn all() -> Vec<Expression> {
    let file = std::fs::File::open(file()).expect("the file of expressions");
    let lines = BufReader::new(GzDecoder::new(file)).lines().skip(1);
    lines
        .map(|line| {
            let line = line.expect("a gzipped file of text");
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
        })
        .collect()
}
