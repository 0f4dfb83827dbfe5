// SPDX-License-Identifier: Apache-2.0
//! The declarations of the C library exactloss, as its header `exactloss.h` has them.
//!
//! The names are those of C, and so are the comments. The crate `exactloss` is the safe interface to the same functions.
//! C's `int` is `i32` on every processor that the library is made for, and its `char` is `u8` here: the strings are ASCII.
//!
//! # Linking
//!
//! The build script links an installed library. It looks for it in this order:
//!
//! 1. in the folder that the environment variable `EXACTLOSS_LIB_DIR` names,
//! 2. where `pkg-config --libs exactloss` says that it is.
//!
//! `EXACTLOSS_STATIC=1` links `libexactloss.a`, so that a program needs no shared library.
#![no_std]
#![allow(non_camel_case_types)]

mod bindings;

pub use bindings::*;
