//! What one subscription gets of a digest.

use std::collections::BTreeSet;

use super::parts::{CaseLine, Digest, Finding, Level, Map, NewTopic, TileView};
use crate::domain::reader::Reader;

/// The part of a digest that a reader asked for. How complete it is stays whole: it is about all that was read.
#[must_use]
pub fn select(digest: &Digest, reader: &Reader) -> Digest {
    let mut own = digest.clone();
    own.up = findings(&digest.up, reader);
    own.down = findings(&digest.down, reader);
    own.topics.retain(|topic| wants_topic(topic, reader));
    own.gone.retain(|gone| {
        reader.wants_fenomeen(&gone.fenomeen)
            && gone.gemeente.as_ref().map_or(reader.gebieden.is_empty(), |code| reader.wants_gebied(code))
    });
    own.clusters.retain(|cluster| {
        reader.wants_fenomeen(&cluster.fenomeen) && cluster.places.iter().any(|(code, _)| reader.wants_gebied(code))
    });
    own.judgments.retain(|case| wants_case(case, reader));
    own.corrections.retain(|line| reader.wants_fenomeen(&line.fenomeen));
    own
}

fn findings(all: &[Finding], reader: &Reader) -> Vec<Finding> {
    all.iter()
        .filter(|finding| reader.wants_fenomeen(&finding.fenomeen))
        .filter_map(|one| finding(one, reader))
        .collect()
}

/// A finding with only the lines that were asked for, the gebieden first; the whole stays below them for comparison.
fn finding(all: &Finding, reader: &Reader) -> Option<Finding> {
    let wanted = |line: &&super::parts::NumberLine| {
        line.gemeente.as_ref().is_none_or(|code| reader.wants_gebied(code))
            && line.instrument.as_ref().is_none_or(|id| reader.wants_instrument(id))
    };
    let mut own = all.clone();
    own.lines = all.lines.iter().filter(wanted).cloned().collect();
    if !reader.gebieden.is_empty() {
        own.lines.sort_by_key(|line| line.gemeente.is_none());
        own.lines.first().filter(|line| line.gemeente.is_some())?;
        let near: BTreeSet<i64> =
            own.lines.iter().filter(|line| line.gemeente.is_some()).flat_map(|line| line.stories.clone()).collect();
        own.stories.retain(|story| near.contains(&story.story));
    }
    (!own.lines.is_empty()).then_some(own)
}

fn wants_topic(topic: &NewTopic, reader: &Reader) -> bool {
    // What has no name yet has no fenomeen either: it is shown to everyone whose gebied it may touch.
    let fenomeen = topic.fenomenen.is_empty() || topic.fenomenen.iter().any(|(id, _)| reader.wants_fenomeen(id));
    fenomeen && (topic.places.is_empty() || topic.places.iter().any(|(code, _)| reader.wants_gebied(code)))
}

fn wants_case(case: &CaseLine, reader: &Reader) -> bool {
    let any = |ids: &[String], wants: &dyn Fn(&str) -> bool| ids.iter().any(|id| wants(id));
    let fenomeen = reader.fenomenen.is_empty() || any(&case.fenomenen, &|id| reader.wants_fenomeen(id));
    let instrument = reader.instrumenten.is_empty() || any(&case.instrumenten, &|id| reader.wants_instrument(id));
    fenomeen && instrument
}

/// The tiles of the map for one reader, row by row; a cell without a gemeente is none.
#[must_use]
pub fn tiles(map: &Map, reader: &Reader) -> Vec<Vec<Option<TileView>>> {
    let count = |tile: &super::parts::Tile| {
        let wanted = tile.stories.iter().filter(|(fenomeen, _)| reader.wants_fenomeen(fenomeen));
        wanted.flat_map(|(_, stories)| stories).collect::<BTreeSet<_>>().len()
    };
    let most = map.tiles.iter().map(count).max().unwrap_or(0).max(1);
    let mut rows = vec![vec![None; map.columns]; map.rows];
    for tile in &map.tiles {
        let count = count(tile);
        let news = reader.wants_gebied(&tile.code) && tile.news.iter().any(|fenomeen| reader.wants_fenomeen(fenomeen));
        let level = match (count * 3).div_ceil(most) {
            _ if news => Level::News,
            0 => Level::None,
            1 => Level::Few,
            2 => Level::Some,
            _ => Level::Many,
        };
        let view =
            TileView { code: tile.code.clone(), short: tile.short.clone(), name: tile.name.clone(), count, level };
        if let Some(cell) = rows.get_mut(tile.row).and_then(|row| row.get_mut(tile.column)) {
            *cell = Some(view);
        }
    }
    rows
}
