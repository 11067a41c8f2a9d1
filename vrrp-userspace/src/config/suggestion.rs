//! "Did you mean …?"

/// The candidate most like `word`, if any is like it at all.
pub(super) fn closest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most || is_abbreviation(candidate, word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `advert_interval` for `advert_int`, or the other way round.
fn is_abbreviation(candidate: &str, word: &str) -> bool {
    let (short, long) = if candidate.len() < word.len() {
        (candidate, word)
    } else {
        (word, candidate)
    };
    short.len() >= 5 && long.starts_with(short) && long.len() - short.len() <= short.len()
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) =
        (from.chars().take(64).collect(), to.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b) in to.iter().enumerate() {
            let changed = last[column] + usize::from(a != b);
            let mut best = changed.min(last[column + 1] + 1).min(current[column] + 1);
            let is_swap = row > 0 && column > 0 && a == to[column - 1] && from[row - 1] == b;
            if is_swap {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["advert_int", "priority", "virtual_router_id", "state"];

    fn suggestion(word: &str) -> Option<&'static str> {
        closest(word, NAMES.into_iter())
    }

    #[test]
    fn typing_mistakes_are_recognised() {
        assert_eq!(suggestion("prioirty"), Some("priority"));
        assert_eq!(suggestion("virtual_routerid"), Some("virtual_router_id"));
        assert_eq!(suggestion("advert_interval"), Some("advert_int"));
        assert_eq!(suggestion("sate"), Some("state"));
    }

    #[test]
    fn other_words_are_not() {
        assert_eq!(suggestion("gateway"), None);
        assert_eq!(suggestion("x"), None);
        assert_eq!(suggestion(&"x".repeat(10_000)), None);
    }
}
