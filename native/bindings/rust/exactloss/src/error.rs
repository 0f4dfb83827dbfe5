// SPDX-License-Identifier: Apache-2.0
//! What can go wrong, in words.
use core::fmt;
use core::mem::MaybeUninit;
use exactloss_sys as sys;

use crate::library::status_string;

/// What this crate's functions return.
pub type Result<T> = core::result::Result<T, Error>;

/// Why a function refused its arguments. No output has been written then.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// An array has the wrong number of elements, or of bytes.
    Length {
        /// The name of the array.
        array: &'static str,
        /// The number that it has.
        length: usize,
        /// The number that it needs.
        needed: usize,
    },
    /// An element has a value that is not allowed: in strict mode, or of a weight.
    Element(Violation),
    /// A number is out of its range.
    Number {
        /// The name of the argument.
        argument: &'static str,
        /// Its value, rounded to a double.
        value: f64,
        /// The library's status: one of `EXACTLOSS_ERROR_*`.
        status: i32,
    },
    /// The library has another binary interface than the one that this crate was made for.
    Abi {
        /// The number of the library's interface.
        library: i32,
    },
    /// Anything else; the library's status: one of `EXACTLOSS_ERROR_*`.
    Status(i32),
}

/// The first element that was refused: of the smallest index, and of one index the prediction before the target before
/// the weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Violation {
    /// The array that it is in.
    pub array: Array,
    /// Its index.
    pub index: usize,
    /// Its value, rounded to a double.
    pub value: f64,
}

/// An array of elements that may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Array {
    /// The predictions, or logits.
    Predictions = sys::EXACTLOSS_PREDICTIONS,
    /// The targets.
    Targets = sys::EXACTLOSS_TARGETS,
    /// The weights.
    Weights = sys::EXACTLOSS_WEIGHTS,
}

impl Error {
    /// The library's number for the error: one of `EXACTLOSS_ERROR_*`. A wrong length is that of a count. The library has
    /// no number for [`Error::Abi`], which gives 0.
    pub fn status(&self) -> i32 {
        match *self {
            Error::Length { .. } => sys::EXACTLOSS_ERROR_COUNT,
            Error::Element(Violation { array: Array::Weights, .. }) => sys::EXACTLOSS_ERROR_WEIGHT,
            Error::Element(_) => sys::EXACTLOSS_ERROR_STRICT,
            Error::Abi { .. } => 0,
            Error::Number { status, .. } | Error::Status(status) => status,
        }
    }

    /// The same, with the name and the value of the argument if that is what the status is about.
    pub(crate) fn of_number(self, argument: &'static str, about: i32, value: f64) -> Self {
        match self {
            Error::Status(status) if status == about => Error::Number { argument, value, status },
            other => other,
        }
    }

    /// The same, of elements that come after `count` others.
    #[cfg(feature = "std")]
    pub(crate) fn after(self, count: usize) -> Self {
        match self {
            Error::Element(violation) => Error::Element(Violation { index: violation.index + count, ..violation }),
            other => other,
        }
    }
}

/// Ok if the status is.
///
/// # Safety
///
/// The library has written the violation where the status is that of an element.
#[inline]
pub(crate) unsafe fn check_elements(status: i32, violation: &MaybeUninit<sys::exactloss_violation>) -> Result<()> {
    match status {
        sys::EXACTLOSS_OK => Ok(()),
        // SAFETY: the caller's.
        sys::EXACTLOSS_ERROR_STRICT | sys::EXACTLOSS_ERROR_WEIGHT => {
            Err(element(unsafe { violation.assume_init_ref() }))
        }
        status => Err(Error::Status(status)),
    }
}

#[inline]
pub(crate) fn check(status: i32) -> Result<()> {
    match status {
        sys::EXACTLOSS_OK => Ok(()),
        status => Err(Error::Status(status)),
    }
}

#[inline]
pub(crate) fn check_length(array: &'static str, length: usize, needed: usize) -> Result<()> {
    if length == needed {
        Ok(())
    } else {
        Err(Error::Length { array, length, needed })
    }
}

#[cold]
fn element(violation: &sys::exactloss_violation) -> Error {
    let array = match violation.argument {
        sys::EXACTLOSS_WEIGHTS => Array::Weights,
        sys::EXACTLOSS_TARGETS => Array::Targets,
        _ => Array::Predictions,
    };
    Error::Element(Violation { array, index: violation.index as usize, value: violation.value })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::Length { array: "bits", length, needed } => {
                write!(f, "bits has {length} bytes, but these elements need {needed}")
            }
            Error::Length { array, length, needed } => {
                write!(f, "{array} has {length} elements, but must have {needed}, as many as the others")
            }
            Error::Element(violation) => violation.fmt(f),
            Error::Number { argument, value, status } => {
                let range = match status {
                    sys::EXACTLOSS_ERROR_COUNT => "must be at least 1",
                    sys::EXACTLOSS_ERROR_THRESHOLD => "must be a number, such as 0.5",
                    _ => "must be finite and not negative",
                };
                write!(f, "{argument} is {value}, but {range}")
            }
            Error::Abi { library } => write!(
                f,
                "the library exactloss {} has the binary interface {library}, but this program was compiled for {}: \
                 install the library that belongs to it",
                crate::version(),
                sys::EXACTLOSS_ABI_VERSION
            ),
            Error::Status(status) => {
                let remedy = match status {
                    sys::EXACTLOSS_ERROR_MAX_ISA => ": unset the environment variable, or use a name of isa_names()",
                    sys::EXACTLOSS_ERROR_SIZE | sys::EXACTLOSS_ERROR_FORMAT => {
                        ": pass all bytes that to_bytes() gave, and no others"
                    }
                    sys::EXACTLOSS_ERROR_LOSS => ": use the losses that the accumulator was made with",
                    sys::EXACTLOSS_ERROR_THRESHOLD => ": make both accumulators with the same one",
                    _ => "",
                };
                write!(f, "{}{remedy}", status_string(status))
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, range) = match self.array {
            Array::Predictions => ("prediction", "strict mode takes numbers from 0 to 1, and logits other than NaN"),
            Array::Targets => ("target", "strict mode takes 0 and 1"),
            Array::Weights => ("weight", "weights must be finite and not negative"),
        };
        write!(f, "{name} {} is {}: {range}", self.index, self.value)
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Error {}
