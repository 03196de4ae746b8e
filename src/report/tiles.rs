//! Lays a region out as tiles, one for each gemeente, so that it fits in a mail: neighbours stay neighbours as well as they
//! can, north is up, and the same region always gives the same map.

use std::collections::BTreeSet;

use crate::domain::place::Centre;

/// Most columns: with these a tile is wide enough for a code of three letters on a small phone; a region with very many
/// gemeenten has more, or it would become a strip.
const COLUMNS: usize = 8;
const MANY: usize = 96;
const MANY_COLUMNS: usize = 12;
/// Cells for each gemeente: some stay empty, so that the outline of the region can be seen.
const ROOM: f64 = 1.2;
/// Rounds of exchanging after which the map is good enough.
const ROUNDS: usize = 60;
/// How much a neighbour that lies too far counts against a place that lies off.
const TOGETHER: f64 = 0.7;

/// Where the tiles lie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Column and row of each gemeente, in the order in which they were given.
    pub places: Vec<(usize, usize)>,
}

type Point = (f64, f64);

/// Lays out.
#[must_use]
pub fn lay_out(centres: &[Centre]) -> Layout {
    let (points, ratio) = flat(centres);
    if points.is_empty() {
        return Layout::default();
    }
    let cells = length(points.len()) * ROOM;
    let most = if points.len() > MANY { MANY_COLUMNS } else { COLUMNS };
    let columns = whole((cells * ratio).sqrt().round()).clamp(1, most.min(points.len()));
    let rows = whole((cells / length(columns)).ceil()).max(points.len().div_ceil(columns));
    let targets: Vec<Point> =
        even(&points).into_iter().map(|(x, y)| (x * (length(columns) - 1.0), y * (length(rows) - 1.0))).collect();
    let mut board =
        Board { columns, cells: start(&targets, columns, rows), neighbours: neighbours(&points), targets, points };
    for _ in 0..ROUNDS {
        if !board.improve() {
            break;
        }
    }
    let mut places = vec![(0, 0); board.targets.len()];
    for (cell, node) in board.cells.iter().enumerate() {
        if let Some(place) = node.and_then(|node| places.get_mut(node)) {
            *place = (cell % columns, cell / columns);
        }
    }
    Layout { columns, rows, places }
}

/// Points on a plane, south of the northernmost and east of the westernmost, and width by height.
fn flat(centres: &[Centre]) -> (Vec<Point>, f64) {
    let middle = centres.iter().map(|centre| centre.lat).sum::<f64>() / length(centres.len()).max(1.0);
    let squeeze = middle.to_radians().cos();
    let points: Vec<Point> = centres.iter().map(|centre| (centre.lon * squeeze, -centre.lat)).collect();
    let span = |of: fn(&Point) -> f64| {
        let most = points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (most - points.iter().map(of).fold(f64::INFINITY, f64::min)).max(0.01)
    };
    let ratio = span(|point| point.0) / span(|point| point.1);
    (points, ratio.clamp(0.2, 5.0))
}

/// The points between 0 and 1 in both directions, half by place and half by rank: dense parts get room, empty parts shrink.
fn even(points: &[Point]) -> Vec<Point> {
    let axis = |of: fn(&Point) -> f64| -> Vec<f64> {
        let mut sorted: Vec<f64> = points.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (sorted.first().copied().unwrap_or(0.0), sorted.last().copied().unwrap_or(1.0));
        let steps = length(points.len()).max(2.0) - 1.0;
        let rank = |value: f64| length(sorted.partition_point(|other| *other < value)) / steps;
        points.iter().map(of).map(|value| (rank(value) + (value - least) / (most - least).max(1e-9)) / 2.0).collect()
    };
    axis(|point| point.0).into_iter().zip(axis(|point| point.1)).collect()
}

/// Pairs of neighbours: two gemeenten without a third one in the circle between them (a Gabriel graph).
fn neighbours(points: &[Point]) -> Vec<Vec<usize>> {
    let far = |a: &Point, b: &Point| (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2);
    let alone = |i: usize, a: &Point, j: usize, b: &Point| {
        let between = |(k, c): (usize, &Point)| k != i && k != j && far(a, c) + far(b, c) < far(a, b);
        !points.iter().enumerate().any(between)
    };
    let of = |(i, a): (usize, &Point)| -> Vec<usize> {
        points.iter().enumerate().filter(|(j, b)| i != *j && alone(i, a, *j, b)).map(|(j, _)| j).collect()
    };
    points.iter().enumerate().map(of).collect()
}

/// A first map: the nearest free cell for each, from the west to the east.
fn start(targets: &[Point], columns: usize, rows: usize) -> Vec<Option<usize>> {
    let mut order: Vec<(usize, &Point)> = targets.iter().enumerate().collect();
    order.sort_by(|a, b| a.1.0.total_cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(a.0.cmp(&b.0)));
    let mut free: BTreeSet<usize> = (0..columns * rows).collect();
    let mut cells = vec![None; columns * rows];
    for (node, target) in order {
        let off = |cell: &usize| apart(at(*cell, columns), *target);
        let nearest = free.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)));
        let Some(cell) = nearest else { break };
        free.remove(&cell);
        if let Some(place) = cells.get_mut(cell) {
            *place = Some(node);
        }
    }
    cells
}

/// A map that is being improved.
struct Board {
    columns: usize,
    /// Which gemeente lies in each cell.
    cells: Vec<Option<usize>>,
    neighbours: Vec<Vec<usize>>,
    /// Where each would lie best.
    targets: Vec<Point>,
    /// Where each lies in the world.
    points: Vec<Point>,
}

impl Board {
    /// Tries every exchange of two cells once, and keeps those that make the map better. False when none did.
    fn improve(&mut self) -> bool {
        let mut better = false;
        let mut places = self.places();
        for a in 0..self.cells.len() {
            for b in a + 1..self.cells.len() {
                let (Some(own), Some(other)) = (self.cells.get(a).copied(), self.cells.get(b).copied()) else {
                    continue;
                };
                if own.is_none() && other.is_none() {
                    continue;
                }
                let before = self.cost(own, &places) + self.cost(other, &places);
                put(&mut places, own, at(b, self.columns));
                put(&mut places, other, at(a, self.columns));
                let after = self.cost(own, &places) + self.cost(other, &places);
                if after + 1e-9 < before {
                    self.cells.swap(a, b);
                    better = true;
                } else {
                    put(&mut places, own, at(a, self.columns));
                    put(&mut places, other, at(b, self.columns));
                }
            }
        }
        better
    }

    fn places(&self) -> Vec<Point> {
        let mut places = vec![(0.0, 0.0); self.targets.len()];
        for (cell, node) in self.cells.iter().enumerate() {
            put(&mut places, *node, at(cell, self.columns));
        }
        places
    }

    /// How badly one gemeente lies: off its own place, far from its neighbours, or on the wrong side of them.
    fn cost(&self, node: Option<usize>, places: &[Point]) -> f64 {
        let Some(node) = node else { return 0.0 };
        let (Some(own), Some(target), Some(point)) = (places.get(node), self.targets.get(node), self.points.get(node))
        else {
            return 0.0;
        };
        let others = self.neighbours.get(node).into_iter().flatten();
        let others = others.filter_map(|other| Some((places.get(*other)?, self.points.get(*other)?)));
        let neighbours: f64 = others
            .map(|(place, world)| {
                let (across, down) = (place.0 - own.0, place.1 - own.1);
                let (east, south) = (world.0 - point.0, world.1 - point.1);
                let along = (across * east + down * south) / (east.hypot(south) * across.hypot(down)).max(1e-9);
                (across.abs().max(down.abs()) - 1.0).powi(2) + 1.5 * (0.5 - along).max(0.0)
            })
            .sum();
        apart(*own, *target) + TOGETHER * neighbours
    }
}

fn put(places: &mut [Point], node: Option<usize>, place: Point) {
    if let Some(own) = node.and_then(|node| places.get_mut(node)) {
        *own = place;
    }
}

fn at(cell: usize, columns: usize) -> Point {
    (length(cell % columns), length(cell / columns))
}

fn apart(a: Point, b: Point) -> f64 {
    (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
}

fn length(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of cells")]
fn whole(value: f64) -> usize {
    value.clamp(0.0, 10_000.0) as usize
}

/// A code of three letters for each name, no two the same: `Haa` and `Har`, `HoK` for Hollands Kroon.
#[must_use]
pub fn codes(names: &[&str]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut codes = Vec::new();
    for name in names {
        let candidates = candidates(name);
        let free = candidates.iter().find(|code| !taken.contains(&code.to_lowercase())).cloned();
        let code =
            free.unwrap_or_else(|| (1..1000).map(|n| format!("{n}")).find(|n| !taken.contains(n)).unwrap_or_default());
        taken.insert(code.to_lowercase());
        codes.push(code);
    }
    codes
}

fn candidates(name: &str) -> Vec<String> {
    let words: Vec<Vec<char>> = name
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().collect())
        .collect();
    let letters: Vec<char> = words.iter().flatten().copied().collect();
    let mut found = Vec::new();
    if let ([first, second, ..], Some(last)) =
        (words.first().map_or(&[][..], Vec::as_slice), words.get(1..).and_then(<[_]>::last))
    {
        found.extend(last.first().map(|initial| format!("{first}{second}{}", initial.to_uppercase())));
    }
    let first: String = letters.iter().take(3).collect();
    found.push(first);
    let small = |c: &char| c.to_lowercase().to_string();
    for (place, second) in letters.iter().enumerate().skip(1) {
        for third in letters.iter().skip(place + 1) {
            found.extend(letters.first().map(|initial| format!("{initial}{}{}", small(second), small(third))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: i32, rows: i32) -> Vec<Centre> {
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        cells
            .map(|(column, row)| Centre {
                code: format!("{column}-{row}"),
                name: format!("{column}-{row}"),
                lat: 52.0 - f64::from(row) * 0.061,
                lon: 5.0 + f64::from(column) * 0.1,
            })
            .collect()
    }

    #[test]
    fn each_gemeente_has_a_tile_of_its_own_and_north_is_up() {
        let centres = grid(4, 5);
        let layout = lay_out(&centres);
        let own: BTreeSet<_> = layout.places.iter().collect();
        assert_eq!(own.len(), centres.len());
        assert!(layout.places.iter().all(|(column, row)| *column < layout.columns && *row < layout.rows));
        for (a, from) in centres.iter().zip(&layout.places) {
            for (b, to) in centres.iter().zip(&layout.places) {
                assert!(a.lat <= b.lat || a.lon != b.lon || from.1 < to.1, "{a:?} {from:?} {b:?} {to:?}");
                assert!(a.lon >= b.lon || a.lat != b.lat || from.0 < to.0, "{a:?} {from:?} {b:?} {to:?}");
            }
        }
    }

    #[test]
    fn the_same_region_gives_the_same_map_and_none_gives_none() {
        assert_eq!(lay_out(&grid(5, 3)), lay_out(&grid(5, 3)));
        assert_eq!(lay_out(&[]), Layout::default());
        let one = lay_out(&grid(1, 1));
        assert_eq!(one.places, [(0, 0)]);
        let same = [grid(1, 1), grid(1, 1), grid(1, 1)].concat();
        assert_eq!(lay_out(&same).places.iter().collect::<BTreeSet<_>>().len(), 3, "three in one spot still fit");
    }

    /// The gemeenten of one province, or of the whole country.
    fn real(province: Option<&str>) -> Vec<Centre> {
        let table = |name: &str| crate::assets::config(name).expect("shipped").lines().skip(1).map(str::to_owned);
        let of: std::collections::HashMap<String, String> = table("gebieden/gemeenten.csv")
            .filter_map(|line| line.split(',').take(3).map(str::to_owned).collect::<Vec<_>>().try_into().ok())
            .map(|[code, _, province]: [String; 3]| (code, province))
            .collect();
        table("gebieden/middelpunten.csv")
            .filter_map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>().try_into().ok())
            .filter(|[code, ..]: &[String; 3]| province.is_none_or(|own| of[code] == own))
            .map(|[code, lat, lon]| Centre {
                name: code.clone(),
                code,
                lat: lat.parse().expect("a number"),
                lon: lon.parse().expect("a number"),
            })
            .collect()
    }

    #[test]
    fn real_regions_keep_their_neighbours_and_their_north() {
        for (province, least) in
            [(Some("Noord-Holland"), 0.75), (Some("Limburg"), 0.75), (Some("Flevoland"), 0.75), (None, 0.5)]
        {
            let centres = real(province);
            let layout = lay_out(&centres);
            assert_eq!(layout.places.iter().collect::<BTreeSet<_>>().len(), centres.len());
            let near = neighbours(&flat(&centres).0);
            let (mut kept, mut all, mut right, mut pairs) = (0.0, 0.0, 0.0, 0.0);
            for (i, (a, from)) in centres.iter().zip(&layout.places).enumerate() {
                for (j, (b, to)) in centres.iter().zip(&layout.places).enumerate() {
                    if near[i].contains(&j) {
                        all += 1.0;
                        kept += f64::from(u8::from(from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)) == 1));
                    }
                    if a.lat > b.lat + 0.2 {
                        pairs += 1.0;
                        right += f64::from(u8::from(from.1 <= to.1));
                    }
                }
            }
            println!(
                "{province:?}: {} gemeenten, {} x {}, neighbours {:.2}, north {:.2}",
                centres.len(),
                layout.columns,
                layout.rows,
                kept / all,
                right / f64::max(pairs, 1.0)
            );
            assert!(kept / all >= least, "{province:?} {}", kept / all);
            assert!(pairs == 0.0 || right / pairs >= 0.9, "{province:?} {}", right / pairs);
        }
    }

    #[test]
    fn codes_are_short_and_never_the_same() {
        let names = ["Haarlem", "Haarlemmermeer", "Hollands Kroon", "Den Helder", "Edam-Volendam", "Haaren", "Ee"];
        let codes = codes(&names);
        assert_eq!(codes.first().map(String::as_str), Some("Haa"));
        assert_eq!(codes[2], "HoK");
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(codes.iter().all(|code| code.chars().count() <= 3));
    }
}
