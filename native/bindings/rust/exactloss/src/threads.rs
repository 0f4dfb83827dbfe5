// SPDX-License-Identifier: Apache-2.0
//! Long batches, cut into pieces for threads. Sums are exact, so the cuts leave no trace in a result.
use std::thread;

use crate::accumulator::Accumulator;
use crate::batch::Batch;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::loss::Losses;
use crate::types::Prediction;

/// The smallest piece that is worth starting a thread for, in elements.
const SMALLEST: usize = 1 << 18;

/// Whether a batch is long enough for more than one thread.
#[inline]
pub(crate) fn pays<P: Prediction>(batch: &Batch<'_, P>) -> bool {
    batch.threads > 1 && batch.predictions.len() >= 2 * SMALLEST
}

// Never inlined: the accumulators would make the stack frame of a call that has one thread large, and the call slow.

#[inline(never)]
pub(crate) fn evaluate<P: Prediction>(batch: &Batch<'_, P>, losses: Losses, threshold: f64) -> Result<Evaluation> {
    Ok(accumulate(batch, losses, threshold)?.evaluate())
}

#[inline(never)]
pub(crate) fn add<P: Prediction>(accumulator: &mut Accumulator, batch: &Batch<'_, P>) -> Result<()> {
    let own = accumulator.evaluate();
    accumulator.merge(&accumulate(batch, own.losses(), own.threshold())?)
}

/// The accumulator of a batch, whose first half another thread adds.
fn accumulate<P: Prediction>(batch: &Batch<'_, P>, losses: Losses, threshold: f64) -> Result<Accumulator> {
    if !pays(batch) {
        let mut sum = Accumulator::new(losses, threshold)?;
        sum.add(batch)?;
        return Ok(sum);
    }
    let (first, second) = halves(batch);
    let count = first.predictions.len();
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || accumulate(&first, losses, threshold));
        let second = accumulate(&second, losses, threshold).map_err(|error| error.after(count));
        let first = match other {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => accumulate(&first, losses, threshold), // the system has no more threads
        };
        // The first half's error comes first: its elements have the smaller indices.
        let mut sum = first?;
        sum.merge(&second?)?;
        Ok(sum)
    })
}

/// The two parts of a batch, with their shares of the threads and the elements.
fn halves<'a, P: Prediction>(batch: &Batch<'a, P>) -> (Batch<'a, P>, Batch<'a, P>) {
    let threads = batch.threads / 2;
    let pieces = batch.threads.min(batch.predictions.len() / SMALLEST);
    let index = (batch.predictions.len() / pieces * (pieces / 2)) & !63; // bits begin with a byte
    let (first, second) = batch.split_at(index);
    (first.threads(threads), second.threads(batch.threads - threads))
}
