// SPDX-License-Identifier: Apache-2.0
//! The time of a mean through this crate, and of the C function called directly, in turns: `cargo bench`.
#![allow(clippy::incompatible_msrv)] // black_box is newer; only the library and its tests are for old compilers
use std::hint::black_box;
use std::ptr;
use std::time::Instant;

use exactloss::{Batch, Loss};
use exactloss_sys as sys;

fn main() {
    println!("{:>10} {:>8}   {:>12} {:>12} {:>12}", "elements", "", "crate", "C", "difference");
    for (count, calls, rounds) in [(0, 4000, 1000), (64, 4000, 1000), (4096, 500, 1000), (10_000_000, 1, 200)] {
        // The bits of a hash: random, the same in every run.
        let hash = |i: usize| (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let predictions: Vec<f32> = (0..count).map(|i| hash(i) as f32 / u32::MAX as f32).collect();
        let targets: Vec<u8> = (0..count).map(|i| (hash(i * 3 + 1) & 1) as u8).collect();
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            times[0].push(per_call(calls, || by_crate(black_box(&predictions), black_box(&targets))));
            times[1].push(per_call(calls, || by_c(black_box(&predictions), black_box(&targets))));
        }
        times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
        for (name, index) in [("min", 0), ("median", rounds / 2), ("max", rounds - 1)] {
            let [by_crate, by_c] = [times[0][index], times[1][index]];
            println!("{count:>10} {name:>8}   {by_crate:>9.1} ns {by_c:>9.1} ns {:>9.1} ns", by_crate - by_c);
        }
    }
}

#[inline(never)]
fn by_crate(predictions: &[f32], targets: &[u8]) -> f64 {
    Batch::new(predictions, targets).mean(Loss::Mnist).unwrap()
}

#[inline(never)]
fn by_c(predictions: &[f32], targets: &[u8]) -> f64 {
    let options = sys::EXACTLOSS_MNIST | sys::EXACTLOSS_MEAN | sys::EXACTLOSS_P_FLOAT32 | sys::EXACTLOSS_T_UINT8;
    let mut loss = 0.0;
    // SAFETY: both arrays have the count of elements.
    let status = unsafe {
        sys::exactloss_loss(
            options,
            predictions.as_ptr().cast(),
            targets.as_ptr().cast(),
            ptr::null(),
            predictions.len() as i64,
            ptr::null(),
            &mut loss,
            ptr::null_mut(),
        )
    };
    assert_eq!(status, sys::EXACTLOSS_OK);
    loss
}

/// Nanoseconds of a call.
fn per_call(calls: u32, call: impl Fn() -> f64) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}
