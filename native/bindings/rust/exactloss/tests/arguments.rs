// SPDX-License-Identifier: Apache-2.0
//! What is refused, in which words, and that nothing has been written then.
use exactloss::{
    select, sigmoid, Accumulator, Array, Batch, Bf16, Bits, Error, Evaluation, Gradient, Loss, Losses, Prediction,
    Violation, F16,
};

const P: [f32; 3] = [0.9, 0.4, 0.2];
const T: [u8; 3] = [1, 0, 1];
const MEAN: f64 = 0.43333334227403003;

#[track_caller]
fn says<V: std::fmt::Debug>(result: Result<V, Error>, status: i32, words: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.status(), error.to_string()), (status, words.into()));
}

#[track_caller]
fn has_length<V: std::fmt::Debug>(result: Result<V, Error>, array: &'static str, length: usize, needed: usize) {
    assert_eq!(result.unwrap_err(), Error::Length { array, length, needed });
}

#[test]
fn arrays_of_other_lengths() {
    let mut out = [7.0_f32; 4];
    for length in [0, 2] {
        let short = Batch::new(&P, &T[..length]);
        let weighted = Batch::new(&P, &T).weights(&P[..length]);
        for (batch, array) in [(short, "targets"), (weighted, "weights")] {
            has_length(batch.mean(Loss::Mnist), array, length, 3);
            has_length(batch.sum(Loss::Log), array, length, 3);
            has_length(batch.values(Loss::Log, &mut out[..3]), array, length, 3);
            has_length(batch.gradient(Loss::Log, &mut out[..3]), array, length, 3);
            has_length(batch.gradient(Gradient::of(Loss::Log).divisor(3), &mut out[..3]), array, length, 3);
            has_length(batch.mean_and_gradient(Loss::Log, &mut out[..3]), array, length, 3);
            has_length(batch.sum_and_gradient(Loss::Log, &mut out[..3]), array, length, 3);
            has_length(batch.evaluate(Losses::ALL, 0.5), array, length, 3);
            let mut total = Accumulator::new(Losses::ALL, 0.5).unwrap();
            has_length(total.add(&batch), array, length, 3);
            has_length(total.add_with_gradient(&batch, Loss::Log, &mut out[..3]), array, length, 3);
            assert_eq!(total.evaluate().count(), 0);
        }
    }
    has_length(Batch::new(&P, &[1_u8; 4]).mean(Loss::Mnist), "targets", 4, 3);
    has_length(Batch::new(&P[..0], &T).mean(Loss::Mnist), "targets", 3, 0);

    let batch = Batch::new(&P, &T);
    for length in [0, 2, 4] {
        has_length(batch.values(Loss::Log, &mut out[..length]), "values", length, 3);
        has_length(batch.gradient(Loss::Log, &mut out[..length]), "gradients", length, 3);
        has_length(batch.mean_and_gradient(Loss::Log, &mut out[..length]), "gradients", length, 3);
        has_length(batch.sum_and_gradient(Loss::Log, &mut out[..length]), "gradients", length, 3);
        has_length(sigmoid(&P, &mut out[..length]), "out", length, 3);
        let mut total = Accumulator::new(Losses::ALL, 0.5).unwrap();
        has_length(total.add_with_gradient(&batch, Loss::Log, &mut out[..length]), "gradients", length, 3);
        assert_eq!(total.evaluate().count(), 0);
    }
    has_length(select(&T, 0.0, 1.0, &mut out), "condition", 3, 4);
    has_length(select(&T, &P[..2], 1.0, &mut out[..3]), "a", 2, 3);
    has_length(select(&T, 0.0, &P[..1], &mut out[..3]), "b", 1, 3);
    assert_eq!(out, [7.0; 4]);
    says(
        Batch::new(&P, &T[..2]).mean(Loss::Mnist),
        2,
        "targets has 2 elements, but must have 3, as many as the others",
    );
}

#[test]
fn bits_that_are_not_there() {
    let bytes = [0b1010_0000, 0b1];
    assert_eq!(Batch::new(&P, Bits::new(&bytes, 5, 3).unwrap()).mean(Loss::Mnist), Ok(MEAN));
    assert_eq!(Batch::new(&P, Bits::new(&[0, 0b1010_0000], 13, 3).unwrap()).mean(Loss::Mnist), Ok(MEAN));
    assert_eq!(Batch::new(&P, Bits::new(&[0, 0b1000_0000, 0b10], 15, 3).unwrap()).mean(Loss::Mnist), Ok(MEAN));
    assert!(Bits::new(&bytes, 16, 0).is_ok() && Bits::new(&[], 0, 0).is_ok() && Bits::new(&[], 9, 0).is_ok());
    has_length(Bits::new(&bytes, 0, 17), "bits", 2, 3);
    has_length(Bits::new(&bytes, 7, 10), "bits", 2, 3);
    has_length(Bits::new(&bytes, 16, 1), "bits", 2, 3);
    has_length(Bits::new(&[], 0, 1), "bits", 0, 1);
    for (offset, count) in [(usize::MAX, 3), (3, usize::MAX), (usize::MAX, usize::MAX)] {
        assert!(matches!(Bits::new(&bytes, offset, count), Err(Error::Length { array: "bits", length: 2, .. })));
    }
    has_length(Batch::new(&P, Bits::new(&bytes, 0, 4).unwrap()).mean(Loss::Mnist), "targets", 4, 3);
    says(Bits::new(&bytes, 0, 17), 2, "bits has 2 bytes, but these elements need 3");
}

fn nothing_of<E: Prediction + Default + std::fmt::Debug>() {
    let none: [E; 0] = [];
    let batch = Batch::new(&none, &[0_i64; 0]);
    for loss in [Loss::Mnist, Loss::Brier, Loss::Log] {
        for batch in [batch, batch.weights(&[]), batch.strict(), Batch::from_logits(&none, &[false; 0])] {
            assert!(batch.mean(loss).unwrap().is_nan());
            assert_eq!(batch.sum(loss), Ok(0.0));
            assert_eq!(batch.values(loss, &mut []), Ok(()));
            assert_eq!(batch.gradient(loss, &mut []), Ok(()));
            assert!(batch.mean_and_gradient(loss, &mut []).unwrap().is_nan());
        }
    }
    let evaluation = batch.evaluate(Losses::ALL, 0.5).unwrap();
    assert_eq!((evaluation.count(), evaluation.losses()), (0, Losses::ALL));
    assert!(evaluation.accuracy().is_nan() && evaluation.matthews().is_nan());
    assert_eq!(sigmoid(&none, &mut []), Ok(()));
}

#[test]
fn arrays_of_nothing() {
    nothing_of::<F16>();
    nothing_of::<Bf16>();
    nothing_of::<f32>();
    nothing_of::<f64>();
    assert_eq!(select(&[true; 0], 1_u8, 2_u8, &mut []), Ok(()));
}

#[test]
fn elements_that_are_refused() {
    let mut out = [7.0_f32; 3];
    let bad = [0.5, f32::NAN, -1.0];
    let batch = Batch::new(&bad, &T).strict();
    let first = |result: Result<(), Error>| match result {
        Err(Error::Element(Violation { array: Array::Predictions, index: 1, value })) => assert!(value.is_nan()),
        other => panic!("{other:?}"),
    };
    first(batch.mean(Loss::Mnist).map(drop));
    first(batch.values(Loss::Mnist, &mut out));
    first(batch.gradient(Loss::Mnist, &mut out));
    first(batch.mean_and_gradient(Loss::Mnist, &mut out).map(drop));
    first(batch.evaluate(Losses::ALL, 0.5).map(drop));
    let mut total = Accumulator::new(Losses::ALL, 0.5).unwrap();
    first(total.add(&batch));
    first(total.add_with_gradient(&batch, Loss::Mnist, &mut out));
    assert_eq!((total.evaluate().count(), out), (0, [7.0; 3]));

    says(
        Batch::new(&[0.5, 1.5], &[true, false]).strict().mean(Loss::Mnist),
        7,
        "prediction 1 is 1.5: strict mode takes numbers from 0 to 1, and logits other than NaN",
    );
    says(Batch::new(&P, &[1, 0, 2]).strict().mean(Loss::Mnist), 7, "target 2 is 2: strict mode takes 0 and 1");
    for weight in [-1.0, f32::NAN, f32::INFINITY] {
        let weights = [1.0, 1.0, weight];
        let batch = Batch::new(&P, &T).weights(&weights);
        let words = format!("weight 2 is {weight}: weights must be finite and not negative");
        says(batch.mean(Loss::Mnist), 13, &words);
        says(batch.gradient(Loss::Mnist, &mut out), 13, &words);
        assert_eq!(out, [7.0; 3]);
    }
}

#[test]
fn numbers_out_of_range() {
    let (batch, mut out) = (Batch::new(&P, &T), [7.0_f32; 3]);
    let mut total = Accumulator::new(Loss::Mnist | Loss::Log, 0.5).unwrap();
    for divisor in [0, -1, i64::MIN] {
        let gradient = Gradient::of(Loss::Log).divisor(divisor);
        let words = format!("divisor is {}, but must be at least 1", divisor as f64);
        says(batch.gradient(gradient, &mut out), 2, &words);
        says(batch.sum_and_gradient(gradient, &mut out), 2, &words);
        says(total.add_with_gradient(&batch, gradient, &mut out), 2, &words);
    }
    let words = "threshold is NaN, but must be a number, such as 0.5";
    says(batch.evaluate(Loss::Mnist, f64::NAN), 6, words);
    says(Accumulator::new(Loss::Mnist, f64::NAN), 6, words);
    for beta in [-1.0, f64::NAN, f64::INFINITY] {
        let evaluation = batch.evaluate(Loss::Mnist, 0.5).unwrap();
        says(evaluation.f_beta(beta), 16, &format!("beta is {beta}, but must be finite and not negative"));
    }
    says(Evaluation::from_counts(u64::MAX, 1, 0, 0), 9, "an accumulator would count more than 2^63-1 elements");
    says(Evaluation::from_counts(i64::MAX as u64, 0, 1, 0), 9, "an accumulator would count more than 2^63-1 elements");
    says(
        total.add_with_gradient(&batch, Loss::Brier, &mut out),
        14,
        "the options have no loss, an unknown one, too many, or not the accumulator's: use the losses that the \
         accumulator was made with",
    );
    assert_eq!((total.evaluate().count(), out), (0, [7.0; 3]));
}

#[test]
fn accumulators_that_do_not_fit() {
    let mut total = Accumulator::new(Loss::Mnist, 0.5).unwrap();
    total.add(&Batch::new(&P, &T)).unwrap();
    let bytes = total.to_bytes();
    let cases = [
        (Accumulator::new(Loss::Log, 0.5), 14, "use the losses that the accumulator was made with"),
        (Accumulator::new(Loss::Mnist, 0.6), 6, "make both accumulators with the same one"),
    ];
    for (other, status, remedy) in cases {
        let error = total.merge(&other.unwrap()).unwrap_err();
        assert_eq!(error.status(), status);
        assert!(error.to_string().ends_with(remedy), "{error}");
    }
    assert_eq!(*total.to_bytes(), *bytes);
    let remedy = "pass all bytes that to_bytes() gave, and no others";
    for (bad, status) in
        [(&bytes[..447], 10), (&bytes[..0], 10), (&[&bytes[..], &[0]].concat()[..], 10), (&[0; 448], 11)]
    {
        let error = Accumulator::from_bytes(bad).unwrap_err();
        assert_eq!(error.status(), status);
        assert!(error.to_string().ends_with(remedy), "{error}");
    }
}

#[test]
fn views_of_every_kind() {
    let vector = T.to_vec();
    let boxed: Box<[bool]> = Box::new([true, false, true]);
    let batches = [
        Batch::new(&P, &T),
        Batch::new(&P, &T[..]),
        Batch::new(&P, &vector),
        Batch::new(&P, &*boxed),
        Batch::new(&P, &[1_i8, 0, 1]),
        Batch::new(&P, &[1_i32, 0, -1 + 2]),
        Batch::new(&P, &[1_i64, i64::MAX, 1]),
        Batch::new(&P, &P.map(|p| f32::from(u8::from(p != 0.4)))),
    ]
    .map(|batch| batch.mean(Loss::Mnist));
    assert_eq!(batches, [Ok(MEAN); 8]);

    let half = [0x3b33, 0x3666, 0x3266]; // 0.9, 0.4, 0.2
    let mean = Batch::new(F16::slice(&half), &T).mean(Loss::Mnist).unwrap();
    assert!((mean - MEAN).abs() < 1e-3);
    let mut bits = [0_u16; 3];
    sigmoid(F16::slice(&half), F16::slice_mut(&mut bits)).unwrap();
    assert!(bits.iter().all(|&bits| (0x3800..0x3c00).contains(&bits)), "{bits:x?}"); // from 0.5 to 1
    let brain = [0x3f66, 0x3ecd, 0x3e4d];
    let mean = Batch::new(Bf16::slice(&brain), &T).mean(Loss::Mnist).unwrap();
    assert!((mean - MEAN).abs() < 1e-2);

    let mut out = [0_u8; 3];
    select(&*boxed, &[1, 2, 3], 9, &mut out).unwrap();
    assert_eq!(out, [1, 9, 3]);
    let mut out = [0_u64; 3];
    select(Bits::new(&[0b101], 0, 3).unwrap(), u64::MAX, &vec![1, 2, 3], &mut out).unwrap();
    assert_eq!(out, [u64::MAX, 2, u64::MAX]);
}

#[test]
fn gradients_of_means_and_sums() {
    let weights = [1.0_f32, 2.0, 0.5];
    for batch in [Batch::new(&P, &T), Batch::new(&P, &T).weights(&weights)] {
        let weight =
            |i: usize| if batch.evaluate(Loss::Mnist, 0.5).unwrap().weight_sum() == 3.5 { weights[i] } else { 1.0 };
        let sum: f32 = (0..3).map(weight).sum();
        let expected = [0, 1, 2].map(|i| weight(i) / sum * if T[i] == 1 { -1.0 } else { 1.0 });
        let mut of_mean = [0.0; 3];
        assert_eq!(batch.mean_and_gradient(Loss::Mnist, &mut of_mean), batch.mean(Loss::Mnist));
        for i in 0..3 {
            assert!((of_mean[i] - expected[i]).abs() < 1e-6, "{of_mean:?} {expected:?}");
        }
        let mut alone = [0.0; 3];
        batch.gradient(Loss::Mnist, &mut alone).unwrap();
        assert_eq!(alone, of_mean);
        batch.gradient(Gradient::of(Loss::Mnist).accumulate(), &mut alone).unwrap();
        assert_eq!(alone, of_mean.map(|g| g + g));
        let mut total = Accumulator::new(Loss::Mnist, 0.5).unwrap();
        total.add_with_gradient(&batch, Loss::Mnist, &mut alone).unwrap();
        assert_eq!((alone, total.evaluate().count()), (of_mean, 3));

        let mut of_sum = [0.0; 3];
        let gradient = Gradient::of(Loss::Mnist).upstream(-2.0);
        assert_eq!(batch.sum_and_gradient(gradient, &mut of_sum), batch.sum(Loss::Mnist));
        assert_eq!(of_sum, [0, 1, 2].map(|i| -2.0 * weight(i) * if T[i] == 1 { -1.0 } else { 1.0 }));
    }
}

#[test]
fn more_elements_than_an_int_counts() {
    let count = (1_usize << 31) + 1;
    let mut predictions = vec![0_u16; count]; // memory that is never written costs none
    predictions[count - 1] = 0x3c00;
    let targets = vec![0_u8; count / 8 + 1];
    let batch = Batch::new(F16::slice(&predictions), Bits::new(&targets, 0, count).unwrap());
    let evaluation = batch.evaluate(Loss::Mnist, 0.5).unwrap();
    assert_eq!((evaluation.count(), evaluation.false_positives()), (count as u64, 1));
    assert_eq!(evaluation.loss(Loss::Mnist).sum, 1.0);
}

/// Values that threads may pass on and share.
#[test]
fn plain_values() {
    fn plain<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    plain::<Accumulator>();
    plain::<Batch<'static, f32>>();
    plain::<Error>();
    plain::<Evaluation>();
    let error: Box<dyn std::error::Error> = Error::Status(9).into();
    assert_eq!(error.to_string(), "an accumulator would count more than 2^63-1 elements");
    let words = Error::Abi { library: 99 }.to_string();
    assert!(words.contains("has the binary interface 99, but this program was compiled for 1"), "{words}");
    let words = Error::Status(12).to_string();
    assert!(words.contains("unset the environment variable"), "{words}");
    assert_eq!(format!("{:?}", Loss::Mnist | Loss::Log), "{Mnist, Log}");
    assert_eq!(exactloss::version().split('.').count(), 3);
    assert!(exactloss::isa_names().any(|name| Some(name) == exactloss::isa_name()));
    assert_eq!(exactloss::isa_names().next(), Some("portable"));
}
