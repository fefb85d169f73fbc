//! A score taken apart: named parts that add up to their parent.

/// A tree of named parts. The value of a node with parts is the sum of their values, up to
/// rounding; the value of the root is the score it explains.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Explanation {
    /// What this part stands for: `because of Toy Story (1995)`.
    pub label: String,
    /// What it adds to its parent.
    pub value: f64,
    /// What it is made of; empty for a part that is not taken apart further.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub parts: Vec<Explanation>,
}

impl Explanation {
    /// A part that is not taken apart further.
    pub fn leaf(label: impl Into<String>, value: f64) -> Self {
        Self {
            label: label.into(),
            value,
            parts: Vec::new(),
        }
    }

    /// A node whose value is the sum of its parts.
    pub fn sum(label: impl Into<String>, parts: Vec<Self>) -> Self {
        Self {
            label: label.into(),
            value: parts.iter().map(|part| part.value).sum(),
            parts,
        }
    }

    /// The largest distance, over all nodes with parts, between a value and the sum of its parts.
    pub fn largest_gap(&self) -> f64 {
        let Some(own) = self.own_gap() else {
            return 0.0;
        };
        self.parts.iter().map(Self::largest_gap).fold(own, f64::max)
    }

    fn own_gap(&self) -> Option<f64> {
        let sum: f64 = self.parts.iter().map(|part| part.value).sum();
        (!self.parts.is_empty()).then(|| (self.value - sum).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_is_found_below_the_root() {
        let inner = Explanation {
            label: "inner".into(),
            value: 1.0,
            parts: vec![Explanation::leaf("a", 0.75)],
        };
        let root = Explanation::sum("score", vec![inner, Explanation::leaf("b", 2.0)]);
        assert!((root.value - 3.0).abs() < 1e-12);
        assert!((root.largest_gap() - 0.25).abs() < 1e-12);
    }
}
