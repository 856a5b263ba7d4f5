//! Finds the name that was probably meant by an unknown one.

use std::cmp::Reverse;

/// The known name that is nearest to `wanted`, if at most a third of its letters differ. Of several
/// the one that begins with more of the same letters.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wanted.chars().count();
    let near = known.into_iter().filter_map(|name| {
        let distance = distance(wanted, name);
        let begin = wanted.chars().zip(name.chars()).take_while(|(one, other)| one == other);
        let is_near = distance <= length.max(name.chars().count()) / 3;
        is_near.then(|| (distance, Reverse(begin.count()), name))
    });
    near.min().map(|(.., name)| name)
}

/// How many letters must be added, taken away or changed, or neighbors swapped, to make one text
/// of the other.
pub fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or_default();
    let letter =
        |text: &[char], place: usize| place.checked_sub(1).and_then(|p| text.get(p).copied());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for row in 1..=one.len() {
        let mut current = vec![row];
        for place in 1..=other.len() {
            let same = letter(&one, row) == letter(&other, place);
            let changed = at(&above, place - 1) + usize::from(!same);
            let mut least = changed.min(at(&above, place) + 1).min(at(&current, place - 1) + 1);
            let is_swap = row > 1
                && place > 1
                && letter(&one, row) == letter(&other, place - 1)
                && letter(&one, row - 1) == letter(&other, place);
            if is_swap {
                least = least.min(at(&before, place - 2) + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    at(&above, other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_is_found() {
        let known = ["nodejs", "nodejs20.x", "python", "python3.12"];
        for (wanted, found) in [
            ("node", Some("nodejs")),
            ("nodejs20", Some("nodejs20.x")),
            ("pyhton", Some("python")),
            ("python312", Some("python3.12")),
            ("ruby", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, known), found, "{wanted}");
        }
    }
}
