// SPDX-License-Identifier: Apache-2.0
//! No function of one thread allocates memory.
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use exactloss::{select, sigmoid, Accumulator, Batch, Bits, Loss, Losses};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        System.dealloc(memory, layout);
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn no_allocation() {
    let before = ALLOCATIONS.with(Cell::get);
    drop(Box::new(1));
    assert_eq!(ALLOCATIONS.with(Cell::get), before + 1, "the allocator counts");

    let (p, t, mut out) = ([0.9_f32, 0.4, 0.2], [true, false, true], [0.0; 3]);
    let batch = Batch::new(&p, &t).weights(&[1.0, 2.0, 3.0]).strict();
    batch.mean(Loss::Log).unwrap();
    batch.sum(Loss::Mnist).unwrap();
    batch.values(Loss::Brier, &mut out).unwrap();
    batch.mean_and_gradient(Loss::Log, &mut out).unwrap();
    batch.evaluate(Losses::ALL, 0.5).unwrap().matthews();
    let mut total = Accumulator::new(Losses::ALL, 0.5).unwrap();
    total.add(&Batch::new(&p, Bits::new(&[5], 0, 3).unwrap())).unwrap();
    total.add_with_gradient(&batch, Loss::Log, &mut out).unwrap();
    total.merge(&Accumulator::from_bytes(&total.to_bytes()).unwrap()).unwrap();
    sigmoid(&p, &mut out).unwrap();
    select(&t, &p, 0.0, &mut out).unwrap();
    batch.weights(&[-1.0; 3]).mean(Loss::Log).unwrap_err();
    assert_eq!(ALLOCATIONS.with(Cell::get), before + 1);
}
