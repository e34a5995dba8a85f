//! Several choices of models on the same pictures: does one of them read at least as many plates as the first, everywhere?
//!
//! That is the rule by which models become the default: they may not lose a plate of any region, whatever they win elsewhere.

use super::breakdown::{Aspect, Exact, Row, rows_by};
use super::labels::PictureKind;
use super::run::{PictureResult, SetResult, pictures_of};
use super::score::PlateOutcome;

/// A detector and its readers, and what they made of the pictures.
#[derive(Debug)]
pub struct Combination {
    /// The detector's manifest.
    pub detector: String,
    /// The reader's manifest.
    pub recogniser: String,
    /// The manifest of the reader that is asked where the first is not sure, if any.
    pub second_opinion: Option<String>,
    /// One result per set; sets and pictures are the same, in the same order, for every combination.
    pub results: Vec<SetResult>,
}

/// Combinations on the same pictures; the first is what the others are held against.
#[derive(Debug)]
pub struct Comparison {
    first: Combination,
    others: Vec<Combination>,
}

/// How a combination's exact reads in a region stand beside the first's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The region.
    pub region: String,
    /// Whole pictures: the first's, then the combination's.
    pub whole: [Exact; 2],
    /// Crops, likewise.
    pub crops: [Exact; 2],
}

/// A plate that one of two combinations read exactly and the other did not.
#[derive(Debug, Clone, Copy)]
pub struct Difference<'a> {
    /// The set.
    pub set: &'a str,
    /// The picture.
    pub picture: &'a PictureResult,
    /// What the first made of the plate.
    pub first: &'a PlateOutcome,
    /// What the other made of it.
    pub other: &'a PlateOutcome,
}

impl Combination {
    /// `detector+recogniser`, or `detector+recogniser+second opinion`.
    #[must_use]
    pub fn name(&self) -> String {
        let names = [&self.detector, &self.recogniser].into_iter().chain(&self.second_opinion);
        names.map(String::as_str).collect::<Vec<_>>().join("+")
    }

    /// Milliseconds per picture of one kind, in the pictures' order.
    #[must_use]
    pub fn milliseconds(&self, kind: PictureKind) -> Vec<f64> {
        pictures_of(&self.results, kind).map(|result| result.milliseconds).collect()
    }
}

impl Comparison {
    /// Holds `others` against `first`.
    #[must_use]
    pub fn new(first: Combination, others: Vec<Combination>) -> Self {
        Self { first, others }
    }

    /// What the others are held against.
    #[must_use]
    pub fn first(&self) -> &Combination {
        &self.first
    }

    /// The others.
    #[must_use]
    pub fn others(&self) -> &[Combination] {
        &self.others
    }

    /// All, the first first.
    pub fn all(&self) -> impl Iterator<Item = &Combination> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How `other` stands beside the first in each region of the pictures.
    #[must_use]
    pub fn standings(&self, other: &Combination) -> Vec<Standing> {
        let rows = |combination: &Combination| rows_by(&combination.results, Aspect::Region);
        let standing = |(first, other): (Row, Row)| Standing {
            region: first.class,
            whole: [first.whole, other.whole],
            crops: [first.crops, other.crops],
        };
        rows(&self.first).into_iter().zip(rows(other)).map(standing).collect()
    }

    /// Whether `other` reads at least as many plates as the first in every region.
    #[must_use]
    pub fn loses_nothing(&self, other: &Combination) -> bool {
        self.standings(other).iter().all(Standing::is_as_good)
    }

    /// How many times as fast as the first `other` is: the median over the pictures of one kind of the first's time divided
    /// by its own, so that pictures count alike, whatever their size. `None` where there is no such picture.
    #[must_use]
    pub fn speed_up(&self, other: &Combination, kind: PictureKind) -> Option<f64> {
        let (first, other) = (self.first.milliseconds(kind), other.milliseconds(kind));
        median(first.into_iter().zip(other).filter(|(_, own)| *own > 0.0).map(|(first, own)| first / own).collect())
    }

    /// The plates that either the first or `other` read exactly, and not both.
    pub fn differences<'a>(&'a self, other: &'a Combination) -> impl Iterator<Item = Difference<'a>> {
        let sets = self.first.results.iter().zip(&other.results);
        let pictures = sets.flat_map(|(first, other)| {
            first.pictures.iter().zip(&other.pictures).map(|pair| (&*first.score.name, pair))
        });
        let plates = pictures.flat_map(|(set, (picture, other))| {
            let plates = picture.outcome.plates.iter().zip(&other.outcome.plates);
            plates.map(move |(first, other)| Difference { set, picture, first, other })
        });
        plates.filter(|difference| difference.first.exact() != difference.other.exact())
    }
}

impl Standing {
    /// Whether at least as many plates are read as by the first: in whole pictures, and in crops too.
    #[must_use]
    pub fn is_as_good(&self) -> bool {
        [self.whole, self.crops].iter().all(|[first, other]| other.exact >= first.exact)
    }
}

/// The middle of `values`; `None` without any.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
