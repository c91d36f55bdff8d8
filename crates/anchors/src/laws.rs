//! The closed form for batches of a Poisson stream that are sent when they are full or when their time is over: a batch
//! has its first record and those that arrive within linger, up to its limit (a truncated Poisson law).

use highwater_figures::{Expression, Run, Value};
use highwater_model::Scenario;

/// Of how many samples a Kolmogorov-Smirnov distance is as large as the one seen with a probability of 1 %:
/// `distance * sqrt(n)` beyond this.
const KOLMOGOROV_1_PERCENT: f64 = 1.63;

/// What the batches' sizes of a run are compared with, where the anchor asks for it: the mean beside the law's, and the
/// distance of the two distributions in units of that which is exceeded by chance once in a hundred times.
pub(crate) fn batch_size_law(scenario: &Scenario, id: &str, run: &Run) -> Vec<(&'static str, Result<f64, String>)> {
    if id != "B5" {
        return Vec::new();
    }
    let limit = scenario.setup.producer.batch_size / scenario.setup.workload.record_bytes.max(1);
    let mean =
        f64::from(scenario.setup.workload.records_per_second) * f64::from(scenario.setup.producer.linger_ms) / 1e3;
    let law = truncated_poisson(mean, limit);
    let ask = |text: &str| {
        let expression = Expression::read(text).map_err(|error| error.to_string())?;
        run.evaluate(&expression).map(|value| Value::number(&value).unwrap_or(0.0)).map_err(|error| error.to_string())
    };
    let compared = (|| {
        let batches = ask("count(Closed, before=end - 1s)")?;
        let (mut below, mut seen, mut distance) = (0.0, 0.0, 0.0_f64);
        for (size, chance) in (1_u32..).zip(&law) {
            below += chance;
            seen += ask(&format!("count(Closed, before=end - 1s, records={size})"))? / batches;
            distance = distance.max((below - seen).abs());
        }
        Ok::<_, String>(distance * batches.sqrt() / KOLMOGOROV_1_PERCENT)
    })();
    let law_mean: f64 = (1_u32..).zip(&law).map(|(size, chance)| f64::from(size) * chance).sum();
    vec![("law_mean", Ok(law_mean)), ("law_distance", compared)]
}

/// The chances of 1 to `limit` records: one, and a Poisson number of others; what would be more than the limit is the
/// limit.
fn truncated_poisson(mean: f64, limit: u32) -> Vec<f64> {
    let mut chances = Vec::new();
    let mut chance = (-mean).exp();
    let mut sum = 0.0;
    for others in 0..limit.saturating_sub(1) {
        chances.push(chance);
        sum += chance;
        chance *= mean / f64::from(others + 1);
    }
    chances.push((1.0 - sum).max(0.0));
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_that_is_cut_off_has_all_its_chance() {
        let law = truncated_poisson(3.0, 5);
        assert_eq!(law.len(), 5);
        assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((law[0] - (-3.0_f64).exp()).abs() < 1e-12);
    }
}
