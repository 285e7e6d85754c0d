//! Every file opens with a sentence, stays short, and belongs to no one machine.

use shipshape_tests::repository::{files, root, shown};

/// More lines than this, and a file holds more than one thing.
const LONGEST: usize = 350;

#[test]
fn every_file_opens_with_one_sentence() {
    let without: Vec<String> = files(&root(), &[".rs"])
        .iter()
        .filter(|path| !std::fs::read_to_string(path).unwrap().starts_with("//! "))
        .map(|path| shown(path))
        .collect();
    assert!(without.is_empty(), "open these with a //! sentence: {without:#?}");
}

#[test]
fn no_file_is_longer_than_one_thing() {
    let long: Vec<String> = files(&root(), &[".rs"])
        .iter()
        .map(|path| (path, std::fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{} has {lines} lines", shown(path)))
        .collect();
    assert!(long.is_empty(), "split these by what they do: {long:#?}");
}

#[test]
fn a_mod_file_holds_modules_and_at_most_one_public_function() {
    for path in files(&root(), &["mod.rs"]).into_iter().filter(|path| path.iter().any(|part| part == "src")) {
        let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let functions = file
            .items
            .iter()
            .filter(|item| matches!(item, syn::Item::Fn(f) if !matches!(f.vis, syn::Visibility::Inherited)));
        assert!(functions.count() <= 1, "{}: move all but one public function into files of their own", shown(&path));
    }
}
