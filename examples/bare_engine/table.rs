//! The table that is printed.

use std::io::Write as _;

/// A figure of the service, what it is compared with, and what it should be.
pub(crate) struct Row {
    what: &'static str,
    bare: Option<f64>,
    service: f64,
    compared: String,
    goal: String,
    is_reached: bool,
}

impl Row {
    /// The service should reach this share of the bare engine's figure.
    pub(crate) fn at_least(what: &'static str, bare: f64, service: f64, goal: f64) -> Self {
        let (compared, is_reached) = (format!("{:.2}", service / bare), service / bare >= goal);
        Self { what, bare: Some(bare), service, compared, goal: format!("≥ {goal}"), is_reached }
    }

    /// The service should stay at this share of the bare engine's figure.
    pub(crate) fn at_most(what: &'static str, bare: f64, service: f64, goal: f64) -> Self {
        let (compared, is_reached) = (format!("{:.2}", service / bare), service / bare <= goal);
        Self { what, bare: Some(bare), service, compared, goal: format!("≤ {goal}"), is_reached }
    }

    /// The service may take so much longer than the bare engine.
    pub(crate) fn slower_by(what: &'static str, bare: f64, service: f64, goal: f64) -> Self {
        let (compared, is_reached) = (format!("{:+.3}", service - bare), service - bare <= goal);
        Self { what, bare: Some(bare), service, compared, goal: format!("≤ +{goal}"), is_reached }
    }

    /// The service should stay below a figure.
    pub(crate) fn bound(what: &'static str, service: f64, goal: f64) -> Self {
        Self {
            what,
            bare: None,
            service,
            compared: String::new(),
            goal: format!("≤ {goal}"),
            is_reached: service <= goal,
        }
    }

    /// The service should stay above a figure.
    pub(crate) fn floor(what: &'static str, service: f64, goal: f64) -> Self {
        Self {
            what,
            bare: None,
            service,
            compared: String::new(),
            goal: format!("≥ {goal}"),
            is_reached: service >= goal,
        }
    }
}

/// Prints the table.
pub(crate) fn print(rows: &[Row]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| what | bare | service | compared | goal | |\n|---|---|---|---|---|---|")?;
    for Row { what, bare, service, compared, goal, is_reached } in rows {
        let bare = bare.map_or_else(String::new, |bare| format!("{bare:.3}"));
        let verdict = if *is_reached { "reached" } else { "missed" };
        writeln!(out, "| {what} | {bare} | {service:.3} | {compared} | {goal} | {verdict} |")?;
    }
    Ok(())
}

/// The middle one of figures; of an even number, the upper of the two.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A number of bytes or queries to reckon with.
#[expect(clippy::cast_precision_loss, reason = "corpora are far below 2^53 bytes")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
