//! Where gemeenten lie and what shape they have, for drawing.

/// The middle of a gemeente.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    /// CBS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// The border of a gemeente: rings of degrees east and north. A hole and an island are rings like others.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// CBS code.
    pub code: String,
    /// The rings.
    pub rings: Vec<Vec<(f64, f64)>>,
}
