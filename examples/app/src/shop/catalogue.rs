//! Products and categories in memory, kept as loosely as the shop's database calls keep them.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::express::{Failure, Object};
use super::target::Kind;

/// The hard-coded bound of every list; there are no pages.
const LIST_LIMIT: usize = 1000;
/// How many products there are at the start.
const PRODUCTS: u64 = 300;
/// The categories at the start.
const CATEGORIES: [&str; 6] = ["Laptops", "Phones", "Audio", "Cameras", "Games", "Cables"];
/// Columns that an update may name.
const PRODUCT_COLUMNS: [&str; 5] = ["name", "description", "price", "category_id", "stock"];
const CATEGORY_COLUMNS: [&str; 2] = ["name", "description"];

/// All that the shop has.
#[derive(Debug)]
pub(super) struct Catalogue {
    products: Table,
    categories: Table,
}

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<u64, Object>,
    last: u64,
}

impl Table {
    fn insert(&mut self, mut row: Object) -> Object {
        self.last += 1;
        row.insert("id".to_owned(), json!(self.last));
        self.rows.insert(self.last, row.clone());
        row
    }
}

impl Catalogue {
    /// The catalogue that a fresh instance starts with.
    #[must_use]
    pub(super) fn stocked() -> Self {
        let mut catalogue = Self { products: Table::default(), categories: Table::default() };
        for name in CATEGORIES {
            catalogue.categories.insert(object(json!({"name": name, "description": format!("All {name}")})));
        }
        for number in 1..=PRODUCTS {
            catalogue.products.insert(product(number));
        }
        catalogue
    }

    /// Every row of a kind up to the hard-coded limit; products of one category when it is named.
    #[must_use]
    pub(super) fn list(&self, kind: Kind, category: Option<u64>) -> Vec<&Object> {
        let wanted = |row: &&Object| category.is_none_or(|id| row.get("category_id") == Some(&json!(id)));
        self.table(kind).rows.values().filter(wanted).take(LIST_LIMIT).collect()
    }

    /// One row; a category with all its products.
    pub(super) fn one(&self, kind: Kind, id: &str) -> Result<Object, Failure> {
        let number = number(id)?;
        let mut row = self.table(kind).rows.get(&number).cloned().ok_or_else(|| missing(kind))?;
        if kind == Kind::Category {
            row.insert("products".to_owned(), json!(self.list(Kind::Product, Some(number))));
        }
        Ok(row)
    }

    /// Adds a row: a name is asked for, markup in texts is kept as it came.
    pub(super) fn create(&mut self, kind: Kind, row: Object) -> Result<Object, Failure> {
        let named = row.get("name").and_then(Value::as_str).is_some_and(|name| !name.trim().is_empty());
        if !named {
            return Err(Failure::new(StatusCode::BAD_REQUEST, "name is required"));
        }
        known_columns(kind, &row)?;
        Ok(self.table_mut(kind).insert(row))
    }

    /// Changes the columns that the request names, whatever they are.
    pub(super) fn update(&mut self, kind: Kind, id: &str, changes: Object) -> Result<Object, Failure> {
        known_columns(kind, &changes)?;
        let row = self.table_mut(kind).rows.get_mut(&number(id)?).ok_or_else(|| missing(kind))?;
        row.extend(changes);
        Ok(row.clone())
    }

    /// Removes a row.
    pub(super) fn delete(&mut self, kind: Kind, id: &str) -> Result<Object, Failure> {
        self.table_mut(kind).rows.remove(&number(id)?).ok_or_else(|| missing(kind))
    }

    fn table(&self, kind: Kind) -> &Table {
        match kind {
            Kind::Product => &self.products,
            Kind::Category => &self.categories,
        }
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        match kind {
            Kind::Product => &mut self.products,
            Kind::Category => &mut self.categories,
        }
    }
}

fn product(number: u64) -> Object {
    let category = number % CATEGORIES.len() as u64 + 1;
    object(json!({
        "name": format!("Product {number}"),
        "description": format!("The description of product {number}, long enough to be worth compressing."),
        "price": number * 100 + 99,
        "category_id": category,
        "stock": number % 40,
    }))
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The identifier as the database reads it: what is no number fails there, and the failure is shown.
fn number(id: &str) -> Result<u64, Failure> {
    id.parse().map_err(|_| {
        let message = format!("invalid input syntax for type integer: \"{id}\"");
        Failure::inside(StatusCode::INTERNAL_SERVER_ERROR, message, "22P02")
    })
}

/// The UPDATE is put together from the request's own names, so a wrong one fails in the database.
fn known_columns(kind: Kind, row: &Object) -> Result<(), Failure> {
    let (table, columns): (&str, &[&str]) = match kind {
        Kind::Product => ("products", &PRODUCT_COLUMNS),
        Kind::Category => ("categories", &CATEGORY_COLUMNS),
    };
    match row.keys().find(|name| !columns.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!("column \"{name}\" of relation \"{table}\" does not exist");
            Err(Failure::inside(StatusCode::INTERNAL_SERVER_ERROR, message, "42703"))
        }
    }
}

fn missing(kind: Kind) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("{kind:?} not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_not_paged_and_end_at_the_hard_limit() {
        let mut catalogue = Catalogue::stocked();
        assert_eq!(catalogue.list(Kind::Product, None).len(), 300);
        assert_eq!(catalogue.list(Kind::Product, Some(1)).len(), 50);
        for _ in 0..800 {
            catalogue.create(Kind::Product, object(json!({"name": "more"}))).unwrap();
        }
        assert_eq!(catalogue.list(Kind::Product, None).len(), LIST_LIMIT);
    }

    #[test]
    fn rows_can_be_made_changed_and_removed() {
        let mut catalogue = Catalogue::stocked();
        let made = catalogue.create(Kind::Category, object(json!({"name": "<b>New</b>"}))).unwrap();
        assert_eq!((made.get("id"), made.get("name")), (Some(&json!(7)), Some(&json!("<b>New</b>"))));
        catalogue.update(Kind::Category, "7", object(json!({"name": "Old"}))).unwrap();
        assert_eq!(catalogue.one(Kind::Category, "7").unwrap().get("name"), Some(&json!("Old")));
        catalogue.delete(Kind::Category, "7").unwrap();
        assert_eq!(catalogue.one(Kind::Category, "7").unwrap_err().status, StatusCode::NOT_FOUND);
    }

    #[test]
    fn failures_show_what_the_database_said() {
        let mut catalogue = Catalogue::stocked();
        assert_eq!(catalogue.one(Kind::Product, "boom").unwrap_err().code, Some("22P02"));
        let injected = object(json!({"price = 0, name": "x"}));
        assert_eq!(catalogue.update(Kind::Product, "1", injected).unwrap_err().code, Some("42703"));
        assert_eq!(catalogue.create(Kind::Product, Object::new()).unwrap_err().code, None);
    }
}
