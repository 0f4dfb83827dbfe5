// SPDX-License-Identifier: Apache-2.0
//! All cases of native/conformance/cases.txt, or of the file that EXACTLOSS_CASES names, to the bit.
mod case;

use std::{env, fs};

use case::{compare, double, elements, find, fnv1a, hex, is, read, Case, Line, Pattern, TargetArray};
use exactloss::{
    select, sigmoid, Accumulator, Array, Batch, Bf16, Bits, Condition, Error, Evaluation, Gradient, Item, Loss, Losses,
    Operand, Prediction, F16,
};

/// The lines that are no results. Those of an accumulator's pieces are looked at where they are added.
const INPUTS: [&str; 16] = [
    "losses",
    "reduction",
    "flags",
    "predictions",
    "targets",
    "weights",
    "initial",
    "condition",
    "a",
    "b",
    "upstream",
    "divisor",
    "threshold",
    "beta",
    "counts",
    "input",
];
const PIECES: [&str; 4] = ["add", "add_with_gradient", "gradient", "merge"];

#[test]
fn every_case() {
    let path = env::var("EXACTLOSS_CASES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../conformance/cases.txt").into());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let cases = read(&text);
    let failures: Vec<String> = cases.iter().filter_map(|case| run(case).err()).collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{} cases", cases.len());
}

/// What a case computed.
#[derive(Default)]
struct Results {
    loss: Option<f64>,
    elements: Option<Box<Comparison>>,
    evaluation: Option<Evaluation>,
    bytes: Vec<u8>,
}

/// Compares elements with `bits ...` or `fnv1a ...`.
type Comparison = dyn Fn(&[&str]) -> Result<(), String>;

/// Why it has no results.
enum Fault {
    Refused(Error),
    Wrong(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Refused(error)
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Wrong(text)
    }
}

fn run(case: &Case<'_>) -> Result<(), String> {
    let lines = case.lines.iter().filter(|line| !INPUTS.contains(&line[0]));
    let lines = lines.filter(|line| case.operation != "accumulate" || !PIECES.contains(&line[0]));
    let checks: Vec<Result<(), String>> = match compute(case) {
        Err(Fault::Wrong(text)) => vec![Err(text)],
        Err(Fault::Refused(error)) => lines.map(|line| check_refusal(line, &error)).collect(),
        Ok(results) => lines.map(|line| check_result(line, &results)).collect(),
    };
    assert!(!checks.is_empty(), "{} expects nothing", case.name);
    checks.into_iter().collect::<Result<(), _>>().map_err(|text| format!("{}: {text}", case.name))
}

fn check_refusal(line: &Line<'_>, error: &Error) -> Result<(), String> {
    let right = match (line[0], error) {
        ("status", _) => line[1] == error.status().to_string(),
        ("violation", Error::Element(violation)) => {
            let array = match violation.array {
                Array::Predictions => "predictions",
                Array::Targets => "targets",
                Array::Weights => "weights",
            };
            line[1] == array && line[2] == violation.index.to_string() && is(line[3], violation.value)
        }
        _ => false,
    };
    if right {
        Ok(())
    } else {
        Err(format!("{error}, where {line:?} was expected"))
    }
}

fn check_result(line: &Line<'_>, results: &Results) -> Result<(), String> {
    let number = |actual: u64| (line[1] == actual.to_string(), format!("{actual}"));
    let double_is = |token: &str, actual: f64| (is(token, actual), format!("{actual} = {:016x}", actual.to_bits()));
    let evaluation = || results.evaluation.expect("an evaluation");
    let (right, actual) = match line[0] {
        "loss" | "gradient_loss" => double_is(line[1], results.loss.expect("a loss")),
        "values" | "gradient" | "out" => return results.elements.as_ref().expect("elements")(&line[1..]),
        "bytes" => (results.bytes == bytes(line[1]), format!("{:x?}", results.bytes)),
        "bytes_fnv1a" => (hex(line[1]) == fnv1a(results.bytes.clone()), "another hash".into()),
        "count" => number(evaluation().count()),
        "positives" => number(evaluation().positives()),
        "true_positives" => number(evaluation().true_positives()),
        "false_positives" => number(evaluation().false_positives()),
        "true_negatives" => number(evaluation().true_negatives()),
        "false_negatives" => number(evaluation().false_negatives()),
        "accuracy" => double_is(line[1], evaluation().accuracy()),
        "weight_sum" => double_is(line[1], evaluation().weight_sum()),
        "metric" => double_is(line[2], metric(&evaluation(), line[1])),
        "f_beta" => double_is(line[2], evaluation().f_beta(double(line[1])).map_err(|error| error.to_string())?),
        "result" => {
            let result = evaluation().loss(loss(line[1]));
            let right = is(line[2], result.mean)
                && is(line[3], result.sum)
                && is(line[4], result.mean_f32)
                && is(line[5], result.sum_f32)
                && line[6] == result.nan_count.to_string()
                && line[7] == result.infinite_count.to_string();
            (right, format!("{result:?}"))
        }
        _ => (false, "there is no such result".into()),
    };
    if right {
        Ok(())
    } else {
        Err(format!("{actual}, where {line:?} was expected"))
    }
}

fn metric(evaluation: &Evaluation, name: &str) -> f64 {
    match name {
        "accuracy" => evaluation.accuracy(),
        "precision" => evaluation.precision(),
        "recall" => evaluation.recall(),
        "specificity" => evaluation.specificity(),
        "f1" => evaluation.f1(),
        "balanced_accuracy" => evaluation.balanced_accuracy(),
        "jaccard" => evaluation.jaccard(),
        "kappa" => evaluation.kappa(),
        "matthews" => evaluation.matthews(),
        _ => panic!("unknown metric {name}"),
    }
}

/// Calls a function that is generic in the type of the predictions.
macro_rules! with_type {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        match $name {
            "float16" => $function::<F16>($($argument),*),
            "bfloat16" => $function::<Bf16>($($argument),*),
            "float32" => $function::<f32>($($argument),*),
            "float64" => $function::<f64>($($argument),*),
            name => panic!("unknown type {name}"),
        }
    };
}

fn compute(case: &Case<'_>) -> Result<Results, Fault> {
    let lines = &case.lines;
    let type_of = |array| find(lines, array).expect("an array")[0];
    match case.operation {
        "accumulate" => accumulate(lines),
        "metrics" => {
            let counts: Vec<u64> = find(lines, "counts").unwrap().iter().map(|count| count.parse().unwrap()).collect();
            let evaluation = Evaluation::from_counts(counts[0], counts[1], counts[2], counts[3])?;
            if let Some(beta) = find(lines, "beta") {
                evaluation.f_beta(double(beta[0]))?;
            }
            Ok(Results { evaluation: Some(evaluation), ..Results::default() })
        }
        "bytes" => {
            let input = bytes(find(lines, "input").unwrap().first().unwrap_or(&""));
            let accumulator = Accumulator::from_bytes(&input)?;
            assert_eq!(*accumulator.to_bytes(), input, "{}", case.name);
            Ok(Results { evaluation: Some(accumulator.evaluate()), bytes: input, ..Results::default() })
        }
        "sigmoid" => with_type!(type_of("predictions"), sigmoid_of(lines)),
        "where" => with_type!(type_of("a"), select_of(lines)),
        operation => with_type!(type_of("predictions"), of_batch(operation, lines)),
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|i| hex(&digits[i..i + 2]) as u8).collect()
}

fn loss(name: &str) -> Loss {
    match name {
        "mnist" => Loss::Mnist,
        "brier" => Loss::Brier,
        "log" => Loss::Log,
        _ => panic!("unknown loss {name}"),
    }
}

fn losses(lines: &[Line<'_>]) -> Losses {
    let names = find(lines, "losses").expect("losses");
    names[1..].iter().fold(loss(names[0]).into(), |set: Losses, name| set | loss(name))
}

fn threshold(lines: &[Line<'_>]) -> f64 {
    double(find(lines, "threshold").expect("a threshold")[0])
}

fn has_flag(lines: &[Line<'_>], flag: &str) -> bool {
    find(lines, "flags").map_or(false, |flags| flags.contains(&flag))
}

/// The arrays of a batch.
struct Arrays<P> {
    predictions: Vec<P>,
    targets: TargetArray,
    weights: Option<Vec<f32>>,
}

impl<P: Prediction + Pattern> Arrays<P> {
    fn of(lines: &[Line<'_>]) -> Self {
        Self {
            predictions: elements(find(lines, "predictions").expect("predictions")),
            targets: TargetArray::of(find(lines, "targets").expect("targets")),
            weights: find(lines, "weights").map(elements),
        }
    }

    fn batch(&self, lines: &[Line<'_>]) -> Batch<'_, P> {
        let mut batch = if has_flag(lines, "logits") {
            Batch::from_logits(&self.predictions, self.targets.view())
        } else {
            Batch::new(&self.predictions, self.targets.view())
        };
        if let Some(weights) = &self.weights {
            batch = batch.weights(weights);
        }
        if has_flag(lines, "strict") {
            batch = batch.strict();
        }
        if has_flag(lines, "clamp") {
            batch = batch.clamp();
        }
        batch
    }
}

/// The memory of a gradient, and what is written to it.
fn gradient<P: Prediction + Pattern>(lines: &[Line<'_>], [name, upstream, divisor]: [&str; 3]) -> (Vec<P>, Gradient) {
    let count = find(lines, "predictions").unwrap()[1].parse().unwrap();
    let memory = find(lines, "initial").map_or_else(|| vec![P::of(0); count], elements);
    let gradient = Gradient::of(loss(name)).upstream(double(upstream)).divisor(divisor.parse().unwrap());
    (memory, if has_flag(lines, "accumulate") { gradient.accumulate() } else { gradient })
}

fn of_batch<P: Prediction + Pattern>(operation: &str, lines: &[Line<'_>]) -> Result<Results, Fault> {
    let arrays = Arrays::<P>::of(lines);
    let batch = arrays.batch(lines);
    let name = find(lines, "losses").expect("losses")[0];
    let reduction = find(lines, "reduction").map(|reduction| reduction[0]);
    let mut results = Results::default();
    match operation {
        "loss" if reduction == Some("mean") => results.loss = Some(batch.mean(loss(name))?),
        "loss" => results.loss = Some(batch.sum(loss(name))?),
        "values" => {
            let mut values = vec![P::of(0); arrays.predictions.len()];
            batch.values(loss(name), &mut values)?;
            results.elements = Some(Box::new(move |expected| compare(expected, &values)));
        }
        "gradient" => {
            let number = |name| find(lines, name).expect("a number")[0];
            let (mut memory, gradient) = gradient::<P>(lines, [name, number("upstream"), number("divisor")]);
            match reduction {
                None => batch.gradient(gradient, &mut memory)?,
                Some("mean") => results.loss = Some(batch.mean_and_gradient(gradient, &mut memory)?),
                Some(_) => results.loss = Some(batch.sum_and_gradient(gradient, &mut memory)?),
            }
            results.elements = Some(Box::new(move |expected| compare(expected, &memory)));
        }
        "evaluate" => results.evaluation = Some(batch.evaluate(losses(lines), threshold(lines))?),
        _ => panic!("unknown operation {operation}"),
    }
    Ok(results)
}

fn accumulate(lines: &[Line<'_>]) -> Result<Results, Fault> {
    let new = || Accumulator::new(losses(lines), threshold(lines));
    let mut accumulators = [new()?, new()?];
    let mut rest = lines;
    while let Some(end) = rest.iter().position(|line| line[0].starts_with("add")) {
        let accumulator = &mut accumulators[rest[end][1].parse::<usize>().unwrap()];
        with_type!(find(&rest[..end], "predictions").unwrap()[0], add(accumulator, &rest[..end], &rest[end..]))?;
        rest = &rest[end + 1..];
    }
    let [mut total, other] = accumulators;
    if find(lines, "merge").is_some() {
        total.merge(&other)?;
    }
    let bytes = total.to_bytes().to_vec();
    let read = Accumulator::from_bytes(&bytes)?;
    if *read.to_bytes() != bytes || format!("{read:?}") != format!("{total:?}") {
        return Err(Fault::Wrong("the accumulator of its bytes is another one".into()));
    }
    Ok(Results { evaluation: Some(read.evaluate()), bytes, ..Results::default() })
}

/// Adds a piece as the first line of `how` says, and compares its gradient with the second one.
fn add<P: Prediction + Pattern>(
    accumulator: &mut Accumulator,
    lines: &[Line<'_>],
    how: &[Line<'_>],
) -> Result<(), Fault> {
    let arrays = Arrays::<P>::of(lines);
    let batch = arrays.batch(lines);
    if how[0][0] == "add" {
        return Ok(accumulator.add(&batch)?);
    }
    let (mut memory, gradient) = gradient::<P>(lines, [how[0][2], how[0][3], how[0][4]]);
    accumulator.add_with_gradient(&batch, gradient, &mut memory)?;
    assert_eq!(how[1][0], "gradient");
    Ok(compare(&how[1][1..], &memory)?)
}

fn sigmoid_of<P: Prediction + Pattern>(lines: &[Line<'_>]) -> Result<Results, Fault> {
    let logits: Vec<P> = elements(find(lines, "predictions").unwrap());
    let mut out = vec![P::of(0); logits.len()];
    sigmoid(&logits, &mut out)?;
    Ok(Results { elements: Some(Box::new(move |expected| compare(expected, &out))), ..Results::default() })
}

fn select_of<E: Item + Pattern>(lines: &[Line<'_>]) -> Result<Results, Fault> {
    let condition = TargetArray::of(find(lines, "condition").unwrap());
    let (condition, count): (Condition<'_>, usize) = match &condition {
        TargetArray::Uint8(bytes) => (bytes.into(), bytes.len()),
        TargetArray::Bits { bytes, offset, count } => (Bits::new(bytes, *offset, *count)?.into(), *count),
        _ => panic!("a condition is bytes or bits"),
    };
    let [a, b]: [Vec<E>; 2] = ["a", "b"].map(|name| elements(find(lines, name).unwrap()));
    let mut out = vec![E::of(0); count];
    select(condition, operand(&a, count), operand(&b, count), &mut out)?;
    Ok(Results { elements: Some(Box::new(move |expected| compare(expected, &out))), ..Results::default() })
}

/// One element stands for all of several.
fn operand<E: Item>(elements: &[E], count: usize) -> Operand<'_, E> {
    match elements {
        &[element] if count != 1 => Operand::Scalar(element),
        elements => Operand::Slice(elements),
    }
}
