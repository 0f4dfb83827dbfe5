// SPDX-License-Identifier: Apache-2.0
//! The file of cases: its lines, its arrays, and the comparison of bits.
use exactloss::{Bf16, Bits, Targets, F16};

/// A line of a case, by its tokens.
pub type Line<'a> = Vec<&'a str>;

pub struct Case<'a> {
    pub name: &'a str,
    pub operation: &'a str,
    pub lines: Vec<Line<'a>>,
}

/// The cases, of which there are as many as the last line says.
pub fn read(text: &str) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    let mut open: Option<Case<'_>> = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let tokens: Line<'_> = line.split_whitespace().collect();
        match (tokens[0], &mut open) {
            ("case", None) => open = Some(Case { name: tokens[1], operation: tokens[2], lines: Vec::new() }),
            ("done", Some(_)) => cases.extend(open.take()),
            ("end", None) => assert_eq!(cases.len(), tokens[1].parse().unwrap(), "the number of cases"),
            (_, Some(case)) => case.lines.push(tokens),
            _ => panic!("a line outside of a case: {line}"),
        }
    }
    assert!(open.is_none() && text.trim_end().ends_with(&format!("end {}", cases.len())), "the file is cut short");
    cases
}

/// The tokens after the name of the line that has this name.
pub fn find<'a, 'b>(lines: &'b [Line<'a>], name: &str) -> Option<&'b [&'a str]> {
    lines.iter().find(|line| line[0] == name).map(|line| &line[1..])
}

pub fn hex(token: &str) -> u64 {
    u64::from_str_radix(token, 16).unwrap_or_else(|_| panic!("{token} is no pattern"))
}

pub fn double(token: &str) -> f64 {
    f64::from_bits(hex(token))
}

/// A type of elements, as the bits of a pattern.
pub trait Pattern: Copy {
    const BITS: u32;
    fn of(pattern: u64) -> Self;
    fn pattern(self) -> u64;
    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! patterns {
    ($($name:ty, $bits:ty, $of:expr, $pattern:expr, $is_nan:expr;)*) => {$(
        impl Pattern for $name {
            const BITS: u32 = <$bits>::BITS;
            fn of(pattern: u64) -> Self {
                $of(<$bits>::try_from(pattern).unwrap())
            }
            fn pattern(self) -> u64 {
                u64::from($pattern(self))
            }
            fn is_nan(self) -> bool {
                $is_nan(self)
            }
        }
    )*};
}
patterns! {
    u8, u8, |bits| bits, |value| value, |_| false;
    i8, u8, |bits: u8| bits as i8, |value| value as u8, |_| false;
    i32, u32, |bits: u32| bits as i32, |value| value as u32, |_| false;
    i64, u64, |bits: u64| bits as i64, |value| value as u64, |_| false;
    F16, u16, F16::from_bits, F16::to_bits, |value: F16| value.to_bits() & 0x7fff > 0x7c00;
    Bf16, u16, Bf16::from_bits, Bf16::to_bits, |value: Bf16| value.to_bits() & 0x7fff > 0x7f80;
    f32, u32, f32::from_bits, f32::to_bits, f32::is_nan;
    f64, u64, f64::from_bits, f64::to_bits, f64::is_nan;
}

/// The elements of `TYPE COUNT KIND ...`.
pub fn elements<T: Pattern>(array: &[&str]) -> Vec<T> {
    patterns(array, T::BITS).into_iter().map(T::of).collect()
}

fn patterns(array: &[&str], width: u32) -> Vec<u64> {
    let count: usize = array[1].parse().unwrap();
    let (kind, numbers) = (array[2], array[3..].iter().map(|token| hex(token)).collect::<Vec<_>>());
    if kind == "bits" {
        assert_eq!(numbers.len(), count);
        return numbers;
    }
    let mut state = numbers[0];
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut element = || match kind {
        "range" => numbers[1] + next() % numbers[2],
        "signed" => {
            let w = next();
            (numbers[1] + (w >> 1) % numbers[2]) | ((w & 1) << (width - 1))
        }
        "choice" => numbers[1..][(next() % (numbers.len() as u64 - 1)) as usize],
        _ => panic!("unknown kind {kind}"),
    };
    (0..count).map(|_| element()).collect()
}

/// Targets, or a condition, of any type.
pub enum TargetArray {
    Uint8(Vec<u8>),
    Int8(Vec<i8>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Bits { bytes: Vec<u8>, offset: usize, count: usize },
}

impl TargetArray {
    pub fn of(array: &[&str]) -> Self {
        match array[0] {
            "uint8" => Self::Uint8(elements(array)),
            "int8" => Self::Int8(elements(array)),
            "int32" => Self::Int32(elements(array)),
            "int64" => Self::Int64(elements(array)),
            "float32" => Self::Float32(elements(array)),
            "float64" => Self::Float64(elements(array)),
            bits => {
                let offset: usize = bits.strip_prefix("bits:").expect("a type of targets").parse().unwrap();
                let values = patterns(array, 1);
                let mut bytes = vec![0; (offset + values.len() + 7) / 8];
                for (i, value) in values.iter().enumerate() {
                    bytes[(offset + i) / 8] |= (*value as u8) << ((offset + i) % 8);
                }
                Self::Bits { bytes, offset, count: values.len() }
            }
        }
    }

    pub fn view(&self) -> Targets<'_> {
        match self {
            Self::Uint8(targets) => targets.into(),
            Self::Int8(targets) => targets.into(),
            Self::Int32(targets) => targets.into(),
            Self::Int64(targets) => targets.into(),
            Self::Float32(targets) => targets.into(),
            Self::Float64(targets) => targets.into(),
            Self::Bits { bytes, offset, count } => Bits::new(bytes, *offset, *count).unwrap().into(),
        }
    }
}

pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Whether a result has these bits; any NaN has those of "nan".
pub fn is<T: Pattern>(token: &str, actual: T) -> bool {
    if token == "nan" {
        actual.is_nan()
    } else {
        actual.pattern() == hex(token)
    }
}

/// Compares elements with `bits ...` or `fnv1a ...`; otherwise says where they differ.
pub fn compare<T: Pattern>(expected: &[&str], actual: &[T]) -> Result<(), String> {
    if expected[0] == "fnv1a" {
        let bytes = actual.iter().flat_map(|v| v.pattern().to_le_bytes().into_iter().take(T::BITS as usize / 8));
        let hash = fnv1a(bytes);
        return if hash == hex(expected[1]) { Ok(()) } else { Err(format!("the hash is {hash:016x}")) };
    }
    assert_eq!(expected[0], "bits");
    if expected.len() - 1 != actual.len() {
        return Err(format!("there are {} elements", actual.len()));
    }
    match (1..expected.len()).find(|&i| !is(expected[i], actual[i - 1])) {
        Some(i) => Err(format!("element {} is {:x}, not {}", i - 1, actual[i - 1].pattern(), expected[i])),
        None => Ok(()),
    }
}
