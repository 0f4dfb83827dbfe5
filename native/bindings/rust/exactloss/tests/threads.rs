// SPDX-License-Identifier: Apache-2.0
//! Results of several threads have the bits of one.
use std::{env, process};

use exactloss::{Accumulator, Array, Batch, Bits, Error, Loss, Losses, Targets, Violation};

const COUNT: usize = (1 << 20) + 77;

fn predictions() -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    (0..COUNT).map(|_| next() as f32 / u32::MAX as f32).collect()
}

#[test]
fn the_same_bits() {
    let predictions = predictions();
    let weights: Vec<f32> = predictions.iter().rev().map(|p| p * 3.0).collect();
    let bytes: Vec<u8> = weights.iter().map(|w| (*w > 1.0).into()).collect();
    let doubles: Vec<f64> = bytes.iter().map(|&b| b.into()).collect();
    let packed: Vec<u8> = predictions.iter().map(|p| p.to_bits() as u8).collect();
    let bits = Bits::new(&packed, 3, COUNT).unwrap();
    for targets in [Targets::from(&bytes), Targets::from(&doubles), bits.into()] {
        for batch in [Batch::new(&predictions, targets), Batch::from_logits(&predictions, targets).weights(&weights)] {
            let mean = batch.mean(Loss::Log).unwrap();
            let sum = batch.sum(Loss::Mnist).unwrap();
            let mut total = Accumulator::new(Losses::ALL, 0.25).unwrap();
            total.add(&batch).unwrap();
            for threads in [0, 1, 2, 3, 5, 8] {
                let batch = batch.threads(threads);
                assert_eq!(batch.mean(Loss::Log), Ok(mean));
                assert_eq!(batch.sum(Loss::Mnist), Ok(sum));
                let evaluation = batch.evaluate(Losses::ALL, 0.25).unwrap();
                assert_eq!(format!("{evaluation:?}"), format!("{:?}", total.evaluate()));
                let mut other = Accumulator::new(Losses::ALL, 0.25).unwrap();
                other.add(&batch).unwrap();
                assert_eq!(*other.to_bytes(), *total.to_bytes());
            }
        }
    }
}

#[test]
fn the_first_refused_element() {
    let mut predictions = predictions();
    let targets = vec![true; COUNT];
    for index in [COUNT - 1, COUNT / 4 * 3 + 9, COUNT / 2 + 100, COUNT / 4 + 5, 17] {
        predictions[index] = 1.5;
        let error = Error::Element(Violation { array: Array::Predictions, index, value: 1.5 });
        for threads in [1, 2, 3, 4] {
            let batch = Batch::new(&predictions, &targets).strict().threads(threads);
            assert_eq!(batch.mean(Loss::Mnist), Err(error));
            assert_eq!(batch.evaluate(Loss::Mnist, 0.5).unwrap_err(), error);
            let mut total = Accumulator::new(Loss::Mnist, 0.5).unwrap();
            assert_eq!(total.add(&batch), Err(error));
            assert_eq!(total.evaluate().count(), 0);
        }
    }
}

/// The system has no thread for a stack of so many bytes; the calling thread does all the work then.
#[test]
fn no_more_threads() {
    let output = process::Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_same_bits", "--test-threads=1"])
        .env("RUST_MIN_STACK", (1_u64 << 62).to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
