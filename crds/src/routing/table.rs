//! The most specific route for a path and method, whatever the order in which routes were written.

use std::collections::HashMap;

use super::method::Method;
use super::normal_path::{Matching, NormalPath, fold_literal};
use crate::text::{PathPattern, Segment};

/// Routes by path and method. A literal segment is more specific than `{id}`, which is more specific than `**`; on
/// the same path a route that names the method is more specific than one that names none.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    root: Node,
    matching: Matching,
}

/// Two routes that claim the same path and method, by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The route that was there.
    pub first: usize,
    /// The route that claims the same.
    pub second: usize,
    /// A method that both claim; `None` where both claim all.
    pub method: Option<Method>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    literals: HashMap<String, Node>,
    any: Option<Box<Node>>,
    here: Claims,
    rest: Claims,
}

/// What routes claim at one place.
#[derive(Debug, Clone, Default)]
struct Claims {
    methods: Vec<(Method, usize)>,
    all: Option<usize>,
}

impl RouteTable {
    /// Builds the table; a route is named by its index.
    ///
    /// # Errors
    /// Every pair of routes that claim the same path and method.
    pub fn build<'a>(
        routes: impl IntoIterator<Item = (&'a PathPattern, &'a [Method])>,
        matching: Matching,
    ) -> Result<Self, Vec<Conflict>> {
        let mut table = Self { root: Node::default(), matching };
        let mut conflicts = Vec::new();
        for (index, (pattern, methods)) in routes.into_iter().enumerate() {
            table.place(pattern).claim(index, methods, &mut conflicts);
        }
        if conflicts.is_empty() { Ok(table) } else { Err(conflicts) }
    }

    /// The index of the most specific route, if any claims the path and method. A path that has two readings (see
    /// [`NormalPath::without_parameters`]) and two routes is refused with the error `()`.
    ///
    /// # Errors
    /// When two readers of the path would end in different routes.
    #[expect(clippy::result_unit_err, reason = "there is one way to be ambiguous, and the caller names it")]
    pub fn find(&self, path: &NormalPath<'_>, method: &str) -> Result<Option<usize>, ()> {
        let found = self.find_text(path.as_str(), method);
        match path.without_parameters() {
            Some(stripped) if self.find_text(stripped, method) != found => Err(()),
            _ => Ok(found),
        }
    }

    fn find_text(&self, path: &str, method: &str) -> Option<usize> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return self.root.here.find(method).or_else(|| self.root.rest.find(method));
        }
        self.root.find(path, method)
    }

    fn place(&mut self, pattern: &PathPattern) -> &mut Claims {
        let matching = self.matching;
        let mut node = &mut self.root;
        for segment in pattern.segments() {
            node = match segment {
                // A trailing slash is folded away.
                Segment::Literal(literal) if literal.is_empty() && matching == Matching::Folded => node,
                Segment::Literal(literal) => node.literals.entry(fold_literal(literal, matching)).or_default(),
                Segment::Any => node.any.get_or_insert_default(),
                Segment::Rest => return &mut node.rest,
            };
        }
        &mut node.here
    }
}

impl Node {
    /// Looks below this node. Each node is visited at most once, so the work is bounded by the table's size.
    fn find(&self, path: &str, method: &str) -> Option<usize> {
        let (segment, below) = match path.split_once('/') {
            Some((segment, below)) => (segment, Some(below)),
            None => (path, None),
        };
        let step = |node: &Self| match below {
            Some(below) => node.find(below, method),
            None => node.here.find(method).or_else(|| node.rest.find(method)),
        };
        let literal = self.literals.get(segment).and_then(step);
        let any = || self.any.as_deref().filter(|_| !segment.is_empty()).and_then(step);
        literal.or_else(any).or_else(|| self.rest.find(method))
    }
}

impl Claims {
    fn find(&self, method: &str) -> Option<usize> {
        let named = self.methods.iter().find(|(claimed, _)| claimed.claims(method)).map(|(_, index)| *index);
        // HEAD goes to the route that names HEAD, if one does, before the one that names GET.
        let exact = self
            .methods
            .iter()
            .find(|(claimed, _)| Some(*claimed) == Method::from_name(method))
            .map(|(_, index)| *index);
        exact.or(named).or(self.all)
    }

    fn claim(&mut self, index: usize, methods: &[Method], conflicts: &mut Vec<Conflict>) {
        if methods.is_empty()
            && let Some(first) = self.all.replace(index)
        {
            conflicts.push(Conflict { first, second: index, method: None });
        }
        for &method in methods {
            if let Some(&(_, first)) = self.methods.iter().find(|(claimed, _)| *claimed == method) {
                conflicts.push(Conflict { first, second: index, method: Some(method) });
            }
            self.methods.push((method, index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[Method] = &[];

    fn table(routes: &[(&str, &[Method])]) -> Result<RouteTable, Vec<Conflict>> {
        let patterns: Vec<(PathPattern, &[Method])> = routes.iter().map(|(p, m)| (p.parse().unwrap(), *m)).collect();
        RouteTable::build(patterns.iter().map(|(p, m)| (p, *m)), Matching::Folded)
    }

    fn find(table: &RouteTable, method: &str, path: &str) -> Option<usize> {
        table.find(&NormalPath::parse(path, Matching::Folded).unwrap(), method).unwrap()
    }

    #[test]
    fn the_most_specific_wins_whatever_the_order() {
        let mut routes: Vec<(&str, &[Method])> =
            vec![("/**", NONE), ("/a/**", NONE), ("/a/{id}", NONE), ("/a/b", NONE), ("/a/b", &[Method::Get])];
        for _ in 0..routes.len() {
            let table = table(&routes).unwrap();
            let pattern =
                |method: &str, path: &str| find(&table, method, path).map(|i| (routes[i].0, routes[i].1.len()));
            assert_eq!(pattern("GET", "/a/b"), Some(("/a/b", 1)));
            assert_eq!(pattern("HEAD", "/a/b"), Some(("/a/b", 1)));
            assert_eq!(pattern("POST", "/a/b"), Some(("/a/b", 0)));
            assert_eq!(pattern("GET", "/a/c"), Some(("/a/{id}", 0)));
            assert_eq!(pattern("GET", "/a/c/d"), Some(("/a/**", 0)));
            assert_eq!(pattern("GET", "/a"), Some(("/a/**", 0)));
            assert_eq!(pattern("GET", "/"), Some(("/**", 0)));
            assert_eq!(pattern("GET", "/x/y/z"), Some(("/**", 0)));
            routes.rotate_left(1);
        }
    }

    #[test]
    fn a_more_specific_path_that_does_not_claim_the_method_hides_nothing() {
        let table = table(&[("/a/b/**", &[Method::Get]), ("/a/{id}/x", &[Method::Post]), ("/a/**", NONE)]).unwrap();
        assert_eq!(find(&table, "GET", "/a/b/x"), Some(0));
        assert_eq!(find(&table, "POST", "/a/b/x"), Some(1));
        assert_eq!(find(&table, "PUT", "/a/b/x"), Some(2));
        assert_eq!(find(&table, "BREW", "/a/b/x"), Some(2));
        assert_eq!(find(&table, "GET", "/b"), None);
    }

    #[test]
    fn two_routes_that_claim_the_same_are_a_conflict() {
        let same = table(&[("/a/{id}", &[Method::Get, Method::Post]), ("/A/{name}/", &[Method::Post])]).unwrap_err();
        assert_eq!(same, [Conflict { first: 0, second: 1, method: Some(Method::Post) }]);
        assert_eq!(table(&[("/a/**", NONE), ("/a/**", NONE)]).unwrap_err().len(), 1);
        assert!(table(&[("/a", NONE), ("/a/**", NONE), ("/a", &[Method::Get])]).is_ok());
    }

    #[test]
    fn a_path_with_two_readings_and_two_routes_is_refused() {
        let table = table(&[("/admin/**", NONE), ("/public/**", NONE)]).unwrap();
        let read = |raw| table.find(&NormalPath::parse(raw, Matching::Folded).unwrap(), "GET");
        assert_eq!(read("/admin;x/users"), Err(()));
        assert_eq!(read("/public/page;x=1"), Ok(Some(1)));
        assert_eq!(read("/;x/admin"), Err(()));
    }
}
