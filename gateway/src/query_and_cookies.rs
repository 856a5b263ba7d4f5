//! The part of a request's query and cookies that a policy selects by name.
//!
//! The cache key has the parts that the cache policy selects. The origin gets the parts that either
//! policy selects (`contract.md` 7.3, 7.4).

use brink_shared::event::Headers;

/// The parameters that are selected by name, in their order and as they were written.
pub fn selected_query(query: &str, selected: impl Fn(&str) -> bool) -> String {
    let chosen: Vec<&str> = query
        .split('&')
        .filter(|parameter| {
            let name = parameter.split_once('=').map_or(*parameter, |(n, _)| n);
            selected(name)
        })
        .collect();
    chosen.join("&")
}

/// The cookies that are selected by name, as `name=value`, sorted by name. Cookies in another form
/// are left out.
pub fn selected_cookies(headers: &Headers, selected: impl Fn(&str) -> bool) -> Vec<String> {
    let mut chosen: Vec<(&str, &str)> = headers
        .get_all("cookie")
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| !name.is_empty() && selected(name))
        .collect();
    chosen.sort_by_key(|(name, _)| *name);
    chosen.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[cfg(test)]
mod tests {
    use brink_shared::registry::distribution::Selection;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn query_order_and_case_are_told_apart() {
        let select =
            |selection: Selection, query| selected_query(query, |name| selection.includes(name));
        let two = || Selection::Only(names(&["b", "a"]));
        assert_eq!(select(two(), "a=1&c=3&b=2&A=4"), "a=1&b=2");
        assert_eq!(select(two(), "b=2&a=1&a"), "b=2&a=1&a");
        assert_eq!(select(two(), "a=1;b=2"), "a=1;b=2");
        assert_eq!(select(Selection::All, "a=1&&b=%20"), "a=1&&b=%20");
        assert_eq!(select(Selection::Except(names(&["a"])), "a=1&b=2"), "b=2");
        assert_eq!(select(Selection::None, "a=1"), "");
    }

    #[test]
    fn cookies_are_sorted_by_name() {
        let headers =
            [("Cookie", "b=2; a=1"), ("cookie", "c=3;broken; =x;d=a=b")].into_iter().collect();
        assert_eq!(selected_cookies(&headers, |_| true), ["a=1", "b=2", "c=3", "d=a=b"]);
        assert_eq!(selected_cookies(&headers, |name| name == "b"), ["b=2"]);
    }
}
