// SPDX-License-Identifier: Apache-2.0
//! The losses, gradients and metrics of a binary classifier: exact, and as fast as memory can be read.
//!
//! ```
//! use exactloss::{Batch, Loss};
//!
//! let predictions = [0.9_f32, 0.4, 0.2];
//! let targets = [1_u8, 0, 1];
//! let loss = Batch::new(&predictions, &targets).mean(Loss::Mnist)?;
//! assert_eq!(loss, 0.43333334227403003);
//! # Ok::<(), exactloss::Error>(())
//! ```
//!
//! A mean or a sum is that of real numbers, rounded once. So it has the same bits on every processor, with any number of
//! threads, and however the data is cut. The README says what an element's losses are, and how to link the C library
//! that computes them.
//!
//! # Arrays
//!
//! A [`Batch`] is a view of slices: nothing is copied, and nothing is allocated. Predictions are [`f32`], [`f64`],
//! [`F16`] or [`Bf16`]. [`Targets`] are slices, arrays or vectors of [`u8`], [`bool`], [`i8`], [`i32`], [`i64`], [`f32`]
//! or [`f64`], or packed [`Bits`].
//!
//! # A training step
//!
//! ```
//! use exactloss::{Accumulator, Batch, Gradient, Loss};
//!
//! let (logits, targets, weights) = ([2.0_f32, -1.0, 0.5], [true, false, true], [1.0, 1.0, 0.5]);
//! let batch = Batch::from_logits(&logits, &targets).weights(&weights);
//!
//! let mut gradients = [0.0_f32; 3];
//! let mean = batch.mean_and_gradient(Loss::Log, &mut gradients)?;
//!
//! // One pass adds the batch to the epoch's evaluation too.
//! let mut epoch = Accumulator::new(Loss::Mnist | Loss::Log, 0.5)?;
//! epoch.add_with_gradient(&batch, Gradient::of(Loss::Log).divisor(3), &mut gradients)?;
//! assert_eq!(epoch.evaluate().loss(Loss::Log).mean, mean);
//! # Ok::<(), exactloss::Error>(())
//! ```
//!
//! # Features
//!
//! `std` (on by default) is for [`Batch::threads`], vectors as arguments, and [`std::error::Error`]. Without it the crate
//! needs neither the standard library nor an allocator.
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

mod accumulator;
mod arrays;
mod batch;
mod error;
mod evaluation;
mod library;
mod loss;
#[cfg(feature = "std")]
mod threads;
mod types;

pub use accumulator::{Accumulator, AccumulatorBytes};
pub use arrays::{select, sigmoid, Condition, Operand};
pub use batch::Batch;
pub use error::{Array, Error, Result, Violation};
pub use evaluation::{Evaluation, LossResult};
pub use library::{isa_name, isa_names, version};
pub use loss::{Gradient, Loss, Losses};
pub use types::{Bf16, Bits, Item, Prediction, Target, Targets, F16};

/// The examples of the README, which are tested as those here.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
