//! Which file imports which, read from the code itself; loops are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use shipshape_tests::repository::{files, root};
use syn::visit::Visit;

/// A module by its path below the crate, such as `["wire", "body"]`; empty for the crate's root.
type Module = Vec<String>;

#[test]
fn no_file_imports_itself_in_a_loop() {
    let mut loops = BTreeSet::new();
    for package in ["crds", "sidecar", "operator", "cli", "examples/app", "tests/cluster", "bench"] {
        let graph = graph(&root().join(package).join("src"));
        let told = graph.keys().filter_map(|module| loop_through(module, &graph));
        loops.extend(told.map(|told| format!("{package}: {told}")));
    }
    assert!(loops.is_empty(), "imports form loops: {loops:#?}");
}

/// Every module with the modules it names. Facades (`mod.rs`, `lib.rs`) that re-export are seen through: naming
/// `crate::wire::Body` is an arrow to the file that defines it only where the path says so.
fn graph(folder: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let modules: BTreeMap<Module, PathBuf> = files(folder, &[".rs"])
        .into_iter()
        .map(|path| (module_of(folder, &path), path))
        .filter(|(module, _)| !module.is_empty())
        .collect();
    let leaves: BTreeSet<Module> =
        modules.iter().filter(|(_, path)| !path.ends_with("mod.rs")).map(|(module, _)| module.clone()).collect();
    let arrows = |module: &Module| {
        let file = syn::parse_file(&std::fs::read_to_string(&modules[module]).unwrap()).unwrap();
        let mut seen = Named { here: module.clone(), paths: BTreeSet::new() };
        seen.visit_file(&file);
        let nearest =
            |path: &Module| (1..=path.len()).rev().map(|end| path[..end].to_vec()).find(|path| leaves.contains(path));
        seen.paths.iter().filter_map(nearest).filter(|other| other != module).collect()
    };
    leaves.iter().map(|module| (module.clone(), arrows(module))).collect()
}

fn module_of(folder: &Path, path: &Path) -> Module {
    let inside = path.strip_prefix(folder).unwrap().with_extension("");
    let mut module: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// Collects the crate-internal paths that a file names, leaving its tests out.
struct Named {
    here: Module,
    paths: BTreeSet<Module>,
}

impl Named {
    fn add(&mut self, segments: &[String]) {
        let mut path = match segments.first().map(String::as_str) {
            Some("crate") => Module::new(),
            Some("super") => self.here[..self.here.len().saturating_sub(1)].to_vec(),
            Some("self") => self.here.clone(),
            _ => return,
        };
        for segment in &segments[1..] {
            if segment == "super" {
                path.pop();
            } else {
                path.push(segment.clone());
            }
        }
        self.paths.insert(path);
    }

    fn add_tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
            syn::UseTree::Name(name) => self.add(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self.add(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.add(before),
        }
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

fn loop_through(start: &Module, graph: &BTreeMap<Module, BTreeSet<Module>>) -> Option<String> {
    let mut trail: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut open: Vec<&Module> = vec![start];
    while let Some(module) = open.pop() {
        for next in &graph[module] {
            if next == start {
                return Some(written(start, module, &trail));
            }
            if !trail.contains_key(next) {
                trail.insert(next, module);
                open.push(next);
            }
        }
    }
    None
}

/// A loop, named from its smallest module so that it is told once.
fn written(start: &Module, end: &Module, trail: &BTreeMap<&Module, &Module>) -> String {
    let mut names = vec![end.join("::")];
    let mut at = end;
    while at != start {
        at = trail[at];
        names.push(at.join("::"));
    }
    names.reverse();
    let smallest = names.iter().min().cloned().unwrap_or_default();
    while names[0] != smallest {
        names.rotate_left(1);
    }
    names.join(" -> ")
}
