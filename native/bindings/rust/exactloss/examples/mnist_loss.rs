// SPDX-License-Identifier: Apache-2.0
//! The worked example of the README: three predictions and their loss.
use exactloss::{Batch, Loss};

fn main() -> Result<(), exactloss::Error> {
    let predictions = [0.9_f32, 0.4, 0.2];
    let targets = [1_u8, 0, 1];
    let loss = Batch::new(&predictions, &targets).mean(Loss::Mnist)?;
    println!("{loss}"); // 0.43333334227403003
    Ok(())
}
