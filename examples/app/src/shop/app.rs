//! The routes of the shop; none of them asks who is calling.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::catalogue::Catalogue;
use super::express::{Failure, dress, failure, preflight, read, read_object, success};
use super::login::login;
use super::target::{Kind, Target};
use crate::answer::{Body, json as document, text};
use crate::query::number;
use crate::server::App;

/// The shop: its data lives in this process, so each instance has its own.
#[derive(Debug)]
pub struct Shop(Mutex<Catalogue>);

impl Default for Shop {
    fn default() -> Self {
        Self::new()
    }
}

impl Shop {
    /// A shop with the goods it starts with.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Catalogue::stocked()))
    }

    fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let nowhere =
            || Failure::new(StatusCode::NOT_FOUND, format!("Cannot {} {}", request.method(), request.uri().path()));
        let target = Target::of(request.uri().path()).ok_or_else(nowhere)?;
        let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
        match (method, target) {
            (Method::GET, target) => self.read(target, request.uri().query()),
            (Method::POST, Target::List(kind)) => self.create(kind, request.into_body()).await,
            (Method::PUT, Target::One(kind, id)) => self.update(kind, &id, request.into_body()).await,
            (Method::DELETE, Target::One(kind, id)) => {
                Ok(success(StatusCode::OK, &self.catalogue().delete(kind, &id)?))
            }
            (Method::POST, Target::Login) => login(&read_object(request.into_body()).await?),
            (Method::POST, Target::Uploads) => upload(request.into_body()).await,
            _ => Err(nowhere()),
        }
    }

    fn read(&self, target: Target, query: Option<&str>) -> Result<Response<Body>, Failure> {
        let catalogue = self.catalogue();
        match target {
            Target::List(kind) => {
                let category = number(query, "category_id", u64::MAX).ok().filter(|_| kind == Kind::Product);
                Ok(success(StatusCode::OK, &catalogue.list(kind, category)))
            }
            Target::One(kind, id) => Ok(success(StatusCode::OK, &catalogue.one(kind, &id)?)),
            Target::Live => Ok(document(StatusCode::OK, &json!({"status": "ok"}))),
            Target::Ready => Ok(document(StatusCode::OK, &json!({"status": "ready"}))),
            Target::Health => {
                let products = catalogue.list(Kind::Product, None).len();
                Ok(document(StatusCode::OK, &json!({"success": true, "status": "healthy", "products": products})))
            }
            Target::Metrics => {
                let products = catalogue.list(Kind::Product, None).len();
                Ok(text(StatusCode::OK, format!("# TYPE shop_products gauge\nshop_products {products}\n")))
            }
            Target::Login | Target::Uploads => Err(Failure::new(StatusCode::NOT_FOUND, "Cannot GET this")),
        }
    }

    async fn create(&self, kind: Kind, body: Incoming) -> Result<Response<Body>, Failure> {
        let row = read_object(body).await?;
        Ok(success(StatusCode::CREATED, &self.catalogue().create(kind, row)?))
    }

    async fn update(&self, kind: Kind, id: &str, body: Incoming) -> Result<Response<Body>, Failure> {
        let changes = read_object(body).await?;
        Ok(success(StatusCode::OK, &self.catalogue().update(kind, id, changes)?))
    }
}

impl App for Shop {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let mut answer = if request.method() == Method::OPTIONS {
            preflight()
        } else {
            self.route(request).await.unwrap_or_else(|problem| failure(&problem))
        };
        dress(answer.headers_mut());
        answer
    }
}

/// Takes whatever comes, of any type and name, up to the one limit there is.
async fn upload(body: Incoming) -> Result<Response<Body>, Failure> {
    let bytes = read(body).await?.len();
    Ok(success(StatusCode::CREATED, &json!({"bytes": bytes})))
}
