//! The detector on series whose outbreaks are known, against the values of R, and what must never become a trend.

use std::{collections::BTreeMap, path::PathBuf};

use uitkijk::trend::{farrington, trial};

/// The folder of the simulator with its golden values, where it stands beside the checkout.
fn simulator() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/trend-sim");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("overgeslagen: {} is er niet", folder.display());
    None
}

#[test]
fn the_regression_gives_what_r_gives() {
    let Some(folder) = simulator() else { return };
    let mut series: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for row in csv::Reader::from_path(folder.join("golden-series.csv")).expect("a table").records() {
        let row = row.expect("a row");
        let one = series.entry(row[0].to_owned()).or_default();
        one.0.push(row[2].parse().expect("a count"));
        one.1.push(row[3].parse().expect("an exposure"));
    }
    let (mut rows, mut worst) = (0, 0.0_f64);
    for row in csv::Reader::from_path(folder.join("golden-farrington.csv")).expect("a table").records() {
        let row = row.expect("a row");
        let (counts, exposure) = &series[&row[0]];
        let week: usize = row[2].parse().expect("a week");
        let flat = vec![1.0; counts.len()];
        let exposure = if &row[1] == "1" { exposure } else { &flat };
        let fit = farrington::fit(counts, exposure, week, 5).expect("a fit");
        let golden = |column: usize| row[column].parse::<f64>().expect("a number");
        let apart = |ours: f64, theirs: f64| ((ours - theirs) / theirs).abs();
        worst = worst.max(apart(fit.mean(week, exposure[week]), golden(4)));
        worst = worst.max(apart(fit.dispersion, golden(5)));
        worst = worst.max(apart(fit.p(week, exposure[week], counts[week]), golden(8)));
        assert_eq!(u8::from(fit.trend).to_string(), &row[6], "{row:?}");
        rows += 1;
    }
    println!("{rows} golden weeks, largest relative difference {worst:e}");
    assert!(rows > 1000 && worst < 1e-6, "{rows} rows, {worst:e}");
}

/// A table in the form of the simulator, made here: a flat series, one with an outbreak, one whose source triples, one whose
/// level doubles.
fn table() -> String {
    let mut text =
        "series_id,scenario,week_index,count,exposure,outbreak_flag,outbreak_size,family,outbreak_id,evaluate\n"
            .to_owned();
    let cycle = [3, 2, 4, 3, 5, 1, 3, 4, 2, 3, 6, 3, 2];
    let ordinary = |week: usize| cycle.get((week * 7 + week / 13) % cycle.len()).copied().unwrap_or(3);
    for week in 0..312 {
        let scored = u8::from(week >= 263);
        let outbreak = week == 290 || week == 291;
        let tripled = if week >= 285 { 3 } else { 1 };
        let doubled = week >= 280;
        let count = ordinary(week);
        text.push_str(&format!("flat,flat,{week},{count},1000,0,0,flat,,{scored}\n"));
        let (flag, name) = if outbreak { (1, "one/1") } else { (0, "") };
        text.push_str(&format!(
            "one,one,{week},{},1000,{flag},0,one,{name},{scored}\n",
            count + 9 * usize::from(outbreak)
        ));
        text.push_str(&format!("growth,growth,{week},{},{},0,0,growth,,{scored}\n", count * tripled, 1000 * tripled));
        let (flag, name) = if doubled { (1, "shift/1") } else { (0, "") };
        text.push_str(&format!(
            "shift,shift,{week},{},1000,{flag},0,shift,{name},{scored}\n",
            count * (1 + usize::from(doubled))
        ));
    }
    text
}

#[test]
fn an_outbreak_and_a_shift_are_found_and_a_grown_source_is_not() {
    let all = trial::read(table().as_bytes()).expect("series");
    let said = trial::run(&all, trial::Detector::Uitkijk);
    let scores: BTreeMap<String, trial::Score> =
        trial::scores(&all, &said).into_iter().map(|score| (score.family.clone(), score)).collect();
    assert!(scores["flat"].fpr < 1e-9 && scores["growth"].fpr < 1e-9, "{scores:?}");
    assert_eq!((scores["one"].pod, scores["shift"].pod), (Some(1.0), Some(1.0)));
    assert!(scores["shift"].recall.expect("weeks") > 0.7, "{:?}", scores["shift"]);
}

#[test]
fn a_table_with_a_fault_is_refused_with_its_line() {
    let wrong = "series_id,week_index,count,exposure\na,0,3,1000\na,1,-3,1000\n";
    assert!(trial::read(wrong.as_bytes()).expect_err("a fault").contains("regel 3"));
    assert!(trial::read("series_id,week\na,0\n".as_bytes()).is_err());
}
