// SPDX-License-Identifier: Apache-2.0
//! Slices of the crate `half`, read and written where they lie.
use exactloss::{Batch, Bf16, Loss, F16};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

fn main() -> Result<(), exactloss::Error> {
    let targets = [1_u8, 0, 1];

    let predictions = [0.9, 0.4, 0.2].map(f16::from_f32);
    let widened = predictions.map(f32::from);
    let mut gradients = [f16::ZERO; 3];
    let mean = Batch::new(F16::slice(predictions.reinterpret_cast()), &targets)
        .mean_and_gradient(Loss::Mnist, F16::slice_mut(gradients.reinterpret_cast_mut()))?;
    assert_eq!(mean, Batch::new(&widened, &targets).mean(Loss::Mnist)?);
    assert_eq!(gradients, [-1.0, 1.0, -1.0].map(|sign| f16::from_f64(sign / 3.0)));

    let predictions = [0.9, 0.4, 0.2].map(bf16::from_f32);
    let widened = predictions.map(f32::from);
    let mean = Batch::new(Bf16::slice(predictions.reinterpret_cast()), &targets).mean(Loss::Log)?;
    assert_eq!(mean, Batch::new(&widened, &targets).mean(Loss::Log)?);
    Ok(())
}
