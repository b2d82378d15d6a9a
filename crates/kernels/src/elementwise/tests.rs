//! Element by element against what numpy gives.
#![allow(clippy::unwrap_used, clippy::panic, clippy::excessive_precision)]

use super::{Binary, Elementwise, Operand, Unary};
use crate::block::Block;
use crate::dtype::DType;
use crate::element::Element;
use crate::error::KernelError;
use crate::scalar::Scalar;
use num_complex::Complex;

fn unary(op: Unary, block: Block) -> Result<Block, KernelError> {
    let types = op.types(block.dtype()).unwrap();
    let mut out = Elementwise::unary(op, types.compute).run(vec![block])?;
    assert_eq!(out[0].dtype(), types.result);
    Ok(out.remove(0))
}

fn binary(op: Binary, left: Block, right: Block) -> Result<Block, KernelError> {
    let types = op.types(left.dtype(), right.dtype()).unwrap();
    let mut out = Elementwise::binary(op, types.compute).run(vec![left, right])?;
    assert_eq!(out[0].dtype(), types.result);
    Ok(out.remove(0))
}

fn both<T: Element, U: Element>(op: Binary, left: &[T], right: &[T]) -> Vec<U> {
    let (left, right) = (left.to_vec(), right.to_vec());
    let out = binary(op, Block::vector(left), Block::vector(right)).unwrap();
    out.into_vec().unwrap()
}

fn each<T: Element, U: Element>(op: Unary, of: &[T]) -> Vec<U> {
    unary(op, Block::vector(of.to_vec()))
        .unwrap()
        .into_vec()
        .unwrap()
}

/// One letter per dtype, numpy's; `-` where there is no result.
fn letter(dtype: Option<DType>) -> char {
    let at = |dtype| DType::ALL.iter().position(|&one| one == dtype).unwrap();
    dtype.map_or('-', |dtype| "?bhilBHIQfdFD".chars().nth(at(dtype)).unwrap())
}

/// numpy 2.4, with `float32` in the place of `float16`.
const UNARY: [(Unary, &str); 19] = [
    (Unary::Negative, "-bhilBHIQfdFD"),
    (Unary::Positive, "-bhilBHIQfdFD"),
    (Unary::Absolute, "?bhilBHIQfdfd"),
    (Unary::Sign, "-bhilBHIQfdFD"),
    (Unary::Sqrt, "fffddffddfdFD"),
    (Unary::Cbrt, "fffddffddfd--"),
    (Unary::Square, "bbhilBHIQfdFD"),
    (Unary::Reciprocal, "bbhilBHIQfdFD"),
    (Unary::Exp, "fffddffddfdFD"),
    (Unary::Sin, "fffddffddfdFD"),
    (Unary::Floor, "?bhilBHIQfd--"),
    (Unary::Rint, "fffddffddfdFD"),
    (Unary::IsNan, "?????????????"),
    (Unary::Signbit, "???????????--"),
    (Unary::LogicalNot, "?????????????"),
    (Unary::Invert, "?bhilBHIQ----"),
    (Unary::Conjugate, "bbhilBHIQfdFD"),
    (Unary::Deg2rad, "fffddffddfd--"),
    (Unary::Round(0), "fbhilBHIQfdFD"),
];

#[test]
fn dtypes_of_one_are_those_of_numpy() {
    for (op, expected) in UNARY {
        let types = DType::ALL.map(|dtype| letter(op.types(dtype).map(|types| types.result)));
        assert_eq!(String::from_iter(types), expected, "{op:?}");
    }
}

const ALL: &str = "\
    ?bhilBHIQfdFD bbhilhildfdFD hhhilhildfdFD iiiiliildddDD lllllllldddDD BhhilBHIQfdFD HiiilHHIQfdFD \
    IllllIIIQddDD QddddQQQQddDD fffddffddfdFD dddddddddddDD FFFDDFFDDFDFD DDDDDDDDDDDDD";
const NUMBERS: &str = "\
    bbhilBHIQfd-- bbhilhildfd-- hhhilhildfd-- iiiiliilddd-- llllllllddd-- BhhilBHIQfd-- HiiilHHIQfd-- \
    IllllIIIQdd-- QddddQQQQdd-- fffddffddfd-- ddddddddddd-- ------------- -------------";
const DIVIDE: &str = "\
    dddddddddfdFD dddddddddfdFD dddddddddfdFD dddddddddddDD dddddddddddDD dddddddddfdFD dddddddddfdFD \
    dddddddddddDD dddddddddddDD fffddffddfdFD dddddddddddDD FFFDDFFDDFDFD DDDDDDDDDDDDD";
const FLOATS: &str = "\
    fffddffddfd-- fffddffddfd-- fffddffddfd-- ddddddddddd-- ddddddddddd-- fffddffddfd-- fffddffddfd-- \
    ddddddddddd-- ddddddddddd-- fffddffddfd-- ddddddddddd-- ------------- -------------";
const BITS: &str = "\
    ?bhilBHIQ---- bbhilhil----- hhhilhil----- iiiiliil----- llllllll----- BhhilBHIQ---- HiiilHHIQ---- \
    IllllIIIQ---- Q----QQQQ---- ------------- ------------- ------------- -------------";

#[test]
fn dtypes_of_two_are_those_of_numpy() {
    let shifts = BITS.replacen('?', "b", 1);
    let divisors = BITS.replacen('?', "-", 1);
    let differences = ALL.replacen('?', "-", 1);
    let powers = ALL.replacen('?', "b", 1);
    let cases: [(Binary, &str); 12] = [
        (Binary::Add, ALL),
        (Binary::Multiply, ALL),
        (Binary::Minimum, ALL),
        (Binary::Subtract, &differences),
        (Binary::Power, &powers),
        (Binary::Divide, DIVIDE),
        (Binary::FloorDivide, NUMBERS),
        (Binary::Remainder, NUMBERS),
        (Binary::Arctan2, FLOATS),
        (Binary::BitwiseAnd, BITS),
        (Binary::LeftShift, &shifts),
        (Binary::Gcd, &divisors),
    ];
    for (op, expected) in cases {
        let row = |left| {
            let types = DType::ALL.map(|right| op.types(left, right));
            String::from_iter(types.map(|types| letter(types.map(|types| types.result))))
        };
        let rows = DType::ALL.map(row);
        assert_eq!(rows.join(" "), expected, "{op:?}");
    }
    for op in [Binary::Greater, Binary::LogicalAnd] {
        for (left, right) in DType::ALL.into_iter().zip(DType::ALL.into_iter().rev()) {
            assert_eq!(op.types(left, right).unwrap().result, DType::Bool);
        }
    }
}

#[test]
fn integers_wrap_and_divide_as_in_numpy() {
    assert_eq!(
        both::<i8, i8>(Binary::Add, &[127, -128], &[1, -1]),
        [-128, 127]
    );
    assert_eq!(both::<u8, u8>(Binary::Subtract, &[0], &[1]), [255]);
    let (a, b) = ([7_i8, -7, 7, -7, 5, -128], [3_i8, 3, -3, -3, 0, -1]);
    assert_eq!(
        both::<i8, i8>(Binary::FloorDivide, &a, &b),
        [2, -3, -3, 2, 0, -128]
    );
    assert_eq!(
        both::<i8, i8>(Binary::Remainder, &a, &b),
        [1, 2, -2, -1, 0, 0]
    );
    assert_eq!(both::<i8, i8>(Binary::Fmod, &a, &b), [1, -1, 1, -1, 0, 0]);
    assert_eq!(
        both::<i32, i32>(Binary::Power, &[3, 2, -2], &[4, 32, 3]),
        [81, 0, -8]
    );
    assert_eq!(
        both::<i8, i8>(Binary::LeftShift, &[1, 1, 1], &[3, 8, -1]),
        [8, 0, 0]
    );
    assert_eq!(
        both::<i8, i8>(Binary::RightShift, &[-8, -8, 8], &[1, 9, 9]),
        [-4, -1, 0]
    );
    assert_eq!(
        both::<i32, i32>(Binary::Gcd, &[12, -12, 0], &[18, 18, 5]),
        [6, 6, 5]
    );
    assert_eq!(
        both::<i32, i32>(Binary::Lcm, &[4, 0, -4], &[6, 5, 6]),
        [12, 0, 12]
    );
    assert_eq!(
        each::<i8, i8>(Unary::Absolute, &[-128, -1, 3]),
        [-128, 1, 3]
    );
    assert_eq!(
        each::<i64, i64>(Unary::Reciprocal, &[1, 2, -1, 3]),
        [1, 0, -1, 0]
    );
    assert_eq!(each::<u8, u8>(Unary::Reciprocal, &[0, 1, 255]), [0, 1, 0]);
    assert_eq!(
        each::<i64, i64>(Unary::Round(-1), &[15, 25, -35]),
        [20, 20, -40]
    );
    let negative = binary(Binary::Power, Block::scalar(2_i32), Block::scalar(-1_i32));
    assert!(
        negative
            .unwrap_err()
            .to_string()
            .contains("negative integer powers")
    );
}

#[test]
fn truth_values_count_as_in_numpy() {
    let (a, b) = ([true, true, false], [true, false, false]);
    assert_eq!(both::<bool, bool>(Binary::Add, &a, &b), [true, true, false]);
    assert_eq!(
        both::<bool, bool>(Binary::Multiply, &a, &b),
        [true, false, false]
    );
    assert_eq!(both::<bool, i8>(Binary::FloorDivide, &a, &b), [1, 0, 0]);
    assert_eq!(both::<bool, i8>(Binary::Power, &a, &b), [1, 1, 1]);
    assert_eq!(
        both::<bool, bool>(Binary::LogicalXor, &a, &b),
        [false, true, false]
    );
    assert_eq!(each::<bool, i8>(Unary::Square, &a), [1, 1, 0]);
    assert_eq!(each::<bool, bool>(Unary::Invert, &a), [false, false, true]);
}

#[test]
fn floats_divide_and_order_as_in_numpy() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let (a, b) = ([7.0, -7.0, 1.0, -1.0, 5.5], [3.0, 3.0, 0.0, inf, -2.0]);
    assert_eq!(
        both::<f64, f64>(Binary::FloorDivide, &a, &b),
        [2.0, -3.0, inf, -1.0, -3.0]
    );
    let remainders = both::<f64, f64>(Binary::Remainder, &a, &b);
    assert_eq!(remainders[..2], [1.0, 2.0]);
    assert!(remainders[2].is_nan());
    assert_eq!(remainders[3..], [inf, -0.5]);
    let (a, b) = ([nan, 1.0, 2.0], [1.0, nan, 3.0]);
    let least = both::<f64, f64>(Binary::Minimum, &a, &b);
    assert!(least[0].is_nan() && least[1].is_nan());
    assert_eq!(least[2], 2.0);
    assert_eq!(both::<f64, f64>(Binary::Fmin, &a, &b), [1.0, 1.0, 2.0]);
    assert_eq!(
        both::<f64, bool>(Binary::NotEqual, &[nan, 1.0], &[nan, 1.0]),
        [true, false]
    );
    assert_eq!(
        each::<f64, f64>(Unary::Rint, &[0.5, 1.5, -2.5]),
        [0.0, 2.0, -2.0]
    );
    assert_eq!(
        each::<f64, f64>(Unary::Round(1), &[0.25, 1.35, -0.05]),
        [0.2, 1.4, -0.0]
    );
    assert_eq!(
        each::<f64, bool>(Unary::Signbit, &[-0.0, 0.0]),
        [true, false]
    );
    assert!(each::<f64, f64>(Unary::Sign, &[nan])[0].is_nan());
    assert_eq!(
        each::<f64, f64>(Unary::Angle, &[1.0, -1.0])[1],
        std::f64::consts::PI
    );
    let sums = both::<f64, f64>(Binary::Logaddexp, &[0.0, -inf, 1000.0], &[0.0, -inf, 0.0]);
    assert_eq!(sums, [std::f64::consts::LN_2, -inf, 1000.0]);
    let close = Binary::IsClose {
        rtol: 1e-5,
        atol: 1e-8,
        equal_nan: false,
    };
    let (a, b) = ([1.0, inf, nan, 1.0], [1.0 + 1e-6, inf, nan, 1.1]);
    assert_eq!(both::<f64, bool>(close, &a, &b), [true, true, false, false]);
    let replaced = Unary::NanToNum {
        nan: 0.5,
        posinf: None,
        neginf: Some(-1.0),
    };
    assert_eq!(
        each::<f64, f64>(replaced, &[nan, inf, -inf]),
        [0.5, f64::MAX, -1.0]
    );
}

#[test]
fn complex_numbers_are_those_of_numpy() {
    type C = Complex<f64>;
    let near = |a: C, b: C| (a - b).norm() <= 1e-13 * (1.0 + b.norm());
    let z = C::new(1.5, -0.5);
    // numpy 2.4.6
    let cases = [
        (Unary::Sqrt, 1.2411967672541269, -0.20141850719855617),
        (Unary::Exp, 3.9330521759433617, -2.1486361964033964),
        (Unary::Log, 0.45814536593707755, -0.3217505543966422),
        (Unary::Sin, 1.1248012470579227, -0.03686082371280446),
        (Unary::Tan, 0.2551492218136516, -2.124799127742996),
        (Unary::Arcsin, 1.1711572594583726, -1.0693110431581105),
        (Unary::Arccos, 0.39963906733652416, 1.0693110431581105),
        (Unary::Arccosh, 1.0693110431581105, -0.39963906733652416),
        (Unary::Sign, 0.9486832980505138, -0.31622776601683794),
        (Unary::Arctan, 1.0172219678978514, -0.14694666622552974),
        (Unary::Arctanh, 0.6412373393653842, -1.2767950250211129),
        (Unary::Arcsinh, 1.226456871251406, -0.2734872901415568),
        (Unary::Tanh, 0.9443729864226215, -0.0793244548039567),
        (Unary::Expm1, 2.933052175943362, -2.1486361964033964),
        (Unary::Log1p, 0.9359010884507957, -0.19739555984988075),
    ];
    for (op, re, im) in cases {
        let got = each::<C, C>(op, &[z])[0];
        assert!(near(got, C::new(re, im)), "{op:?}: {got}");
    }
    // Without an imaginary part there is none afterwards.
    for op in [Unary::Sin, Unary::Cos, Unary::Sinh, Unary::Cosh, Unary::Exp] {
        let [got, whole] = each::<C, C>(op, &[C::new(f64::NAN, 0.0), C::new(f64::NAN, 1.0)])[..]
        else {
            panic!("two numbers");
        };
        assert!(got.re.is_nan() && got.im == 0.0, "{op:?}: {got}");
        assert!(whole.re.is_nan() && whole.im.is_nan(), "{op:?}: {whole}");
    }
    let (a, b) = (
        [C::new(1.0, 2.0), C::new(1.0, 1.0)],
        [C::new(1.0, 3.0), C::new(0.5, 9.0)],
    );
    assert_eq!(both::<C, bool>(Binary::Less, &a, &b), [true, false]);
    assert_eq!(both::<C, C>(Binary::Maximum, &a, &b), [b[0], a[1]]);
    assert_eq!(
        both::<C, C>(Binary::Power, &[C::new(0.0, 1.0)], &[C::new(2.0, 0.0)]),
        [C::new(-1.0, 0.0)]
    );
    assert_eq!(each::<C, f64>(Unary::Absolute, &[C::new(3.0, 4.0)]), [5.0]);
}

#[test]
fn comparisons_of_signed_with_unsigned_are_exact() {
    let left = Block::vector(vec![-1_i64, i64::MAX, 3]);
    let right = Block::vector(vec![u64::MAX, i64::MAX as u64 + 1, 3]);
    let less = binary(Binary::Less, left.clone(), right.clone()).unwrap();
    assert_eq!(less, Block::vector(vec![true, true, false]));
    let less = binary(Binary::Less, right, left).unwrap();
    assert_eq!(less, Block::vector(vec![false, false, false]));
}

fn cast(block: Block, dtype: DType) -> Result<Block, KernelError> {
    let mut out = Elementwise::cast(dtype).run(vec![block])?;
    Ok(out.remove(0))
}

#[test]
fn casts_cut_off_wrap_and_refuse() {
    let floats = Block::vector(vec![2.7, -2.7, 300.0, -1.0, 1e20]);
    assert_eq!(
        cast(floats.clone(), DType::I8).unwrap(),
        Block::vector(vec![2_i8, -2, 44, -1, 0])
    );
    assert_eq!(
        cast(floats, DType::U8).unwrap(),
        Block::vector(vec![2_u8, 254, 44, 255, 0])
    );
    let large = Block::vector(vec![18_446_744_073_709_549_568.0]);
    assert_eq!(
        cast(large, DType::U64).unwrap(),
        Block::vector(vec![18_446_744_073_709_549_568_u64])
    );
    let wrong = cast(
        Block::vector(vec![f64::NAN, 1.0, f64::INFINITY]),
        DType::I32,
    );
    let expected = KernelError::NotFinite {
        operation: "astype".to_owned(),
        count: 2,
        dtype: DType::I32,
    };
    assert_eq!(wrong.unwrap_err(), expected);
    let truth = cast(Block::vector(vec![f64::NAN, 0.0, 0.5]), DType::Bool).unwrap();
    assert_eq!(truth, Block::vector(vec![true, false, true]));
    let complex = cast(Block::vector(vec![Complex::new(1.5, 9.0)]), DType::I16).unwrap();
    assert_eq!(complex, Block::vector(vec![1_i16]));
}

#[test]
fn shapes_meet_as_in_numpy() {
    let matrix = Block::new((0..6).collect::<Vec<i64>>(), &[2, 3]).unwrap();
    let row = Block::vector(vec![10_i64, 20, 30]);
    let column = Block::new(vec![100_i64, 200], &[2, 1]).unwrap();
    let sum = binary(Binary::Add, matrix.clone(), row.clone()).unwrap();
    assert_eq!(
        sum,
        Block::new(vec![10_i64, 21, 32, 13, 24, 35], &[2, 3]).unwrap()
    );
    let sum = binary(Binary::Add, row, column).unwrap();
    assert_eq!(
        sum,
        Block::new(vec![110_i64, 120, 130, 210, 220, 230], &[2, 3]).unwrap()
    );
    let turned = matrix.permuted(&[1, 0]).unwrap();
    let sum = binary(Binary::Add, turned.clone(), turned.clone()).unwrap();
    assert_eq!(
        sum,
        Block::new(vec![0_i64, 6, 2, 8, 4, 10], &[3, 2]).unwrap()
    );
    assert!(binary(Binary::Add, matrix, turned).is_err());
    let empty = Block::new(Vec::<i64>::new(), &[0, 3]).unwrap();
    let sum = binary(Binary::Add, empty.clone(), Block::scalar(1_i64)).unwrap();
    assert_eq!(sum, empty);
}

#[test]
fn large_blocks_are_computed_in_tiles() {
    let (rows, columns) = (301, 407);
    let elements: Vec<f64> = (0..rows * columns).map(|at| at as f64).collect();
    let x = Block::new(elements, &[rows, columns]).unwrap();
    let square = x.sliced(1, 0, rows, 1).unwrap();
    let sum = binary(
        Binary::Add,
        square.clone(),
        square.permuted(&[1, 0]).unwrap(),
    )
    .unwrap();
    let sum = sum.view::<f64>().unwrap();
    for row in 0..rows {
        for column in 0..rows {
            let expected = (row * columns + column + column * columns + row) as f64;
            assert_eq!(sum[[row, column]], expected);
        }
    }
    let thin = x.sliced(1, 5, 3, 2).unwrap();
    let doubled = binary(Binary::Multiply, thin.clone(), Block::scalar(2.0)).unwrap();
    assert_eq!(
        doubled.view::<f64>().unwrap(),
        thin.view::<f64>().unwrap().mapv(|one| one * 2.0)
    );
}

#[test]
fn memory_that_nobody_else_has_is_used_again() {
    let block = Block::new(vec![1.0; 10_000], &[100, 100]).unwrap();
    let place = block.as_slice::<f64>().unwrap().unwrap().as_ptr();
    let half = [Operand::Block, Operand::Number(Scalar::from(0.5))];
    let kernel = Elementwise::binary_of(Binary::Multiply, DType::F64, half);
    let shared = kernel.run(vec![block.clone()]).unwrap();
    assert_ne!(
        shared[0].as_slice::<f64>().unwrap().unwrap().as_ptr(),
        place
    );
    let moved = kernel.run(vec![block]).unwrap();
    assert_eq!(moved[0].as_slice::<f64>().unwrap().unwrap().as_ptr(), place);
    assert_eq!(moved, shared);
    assert!(
        moved[0]
            .as_slice::<f64>()
            .unwrap()
            .unwrap()
            .iter()
            .all(|&one| one == 0.5)
    );
}

#[test]
fn choices_take_numbers_and_blocks() {
    let condition = Block::vector(vec![1_i32, 0, 2]);
    let operands = [
        Operand::Block,
        Operand::Block,
        Operand::Number(Scalar::from(-1)),
    ];
    let kernel = Elementwise::choice(DType::F64, operands);
    let out = kernel
        .run(vec![condition, Block::vector(vec![1_i8, 2, 3])])
        .unwrap();
    assert_eq!(out[0], Block::vector(vec![1.0, -1.0, 3.0]));
}

#[test]
fn programs_of_others_are_errors() {
    let block = || vec![Block::vector(vec![true])];
    assert!(
        Elementwise::unary(Unary::Negative, DType::Bool)
            .run(block())
            .is_err()
    );
    assert!(
        Elementwise::unary(Unary::Sqrt, DType::I32)
            .run(block())
            .is_err()
    );
    assert!(
        Elementwise::binary(Binary::Divide, DType::I32)
            .run(block())
            .is_err()
    );
    assert!(
        Elementwise::binary(Binary::Add, DType::F64)
            .run(Vec::new())
            .is_err()
    );
    let two = [Operand::Number(Scalar::from(300)), Operand::Block];
    assert!(
        Elementwise::binary_of(Binary::Add, DType::U8, two)
            .run(block())
            .is_err()
    );
}
