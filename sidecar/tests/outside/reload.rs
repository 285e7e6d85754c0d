//! A configuration that changes while connections are open.

use serde_json::{Value, json};

use crate::common::{App, Config, Http1, Program, eventually, tls};

async fn revision(program: &Program) -> Value {
    Http1::plain(program.admin).await.get("/revision").await.unwrap().json()
}

async fn until(program: &Program, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || Some(revision(program).await).filter(&holds)).await
}

#[tokio::test]
async fn a_bad_file_keeps_the_last_good_one_and_says_so() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    std::fs::write(config.path(), "{\"format\": 1, \"revision\": \"half").unwrap();
    let told = until(&program, "the error is told", |revision| !revision["error"].is_null()).await;
    assert_eq!(told["revision"], "r1");
    assert_eq!(Http1::plain(program.http).await.get("/x").await.unwrap().status, 200);
    let metrics = Http1::plain(program.admin).await.get("/metrics").await.unwrap().text();
    assert!(metrics.contains(r#"shipshape_config_reloads_total{result="failed"}"#), "{metrics}");
    config.write("r2");
    let told = until(&program, "the good one is in force", |revision| revision["revision"] == "r2").await;
    assert_eq!(told["error"], json!(null));
}

#[tokio::test]
async fn a_revision_waits_for_the_files_that_it_means() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    config.file("keys-0.json", br#"{"keys":[]}"#);
    std::fs::remove_file(config.folder().join("keys-0.json")).unwrap();
    config.write("r2");
    let told = until(&program, "r2 is in force", |revision| revision["revision"] == "r2").await;
    assert_eq!((&told["complete"], &told["waitingFor"]), (&json!(false), &json!(["keys-0.json"])));
    config.file("keys-0.json", br#"{"keys":[]}"#);
    until(&program, "it is complete", |revision| revision["complete"] == true).await;
}

#[tokio::test]
async fn a_new_certificate_is_served_and_no_connection_is_dropped() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    let mut before = Http1::secure(program.https, &program.certificate).await;
    assert_eq!(before.get("/x").await.unwrap().status, 200);
    config.new_certificate();
    config.write("r2");
    until(&program, "r2 is complete", |told| told["revision"] == "r2" && told["complete"] == true).await;
    assert_eq!(before.get("/x").await.unwrap().status, 200);
    let old = tls(program.https, &program.certificate, &[], rustls::ALL_VERSIONS).await;
    assert!(old.is_err(), "the old certificate is still served");
    let mut after = Http1::secure(program.https, config.certificate()).await;
    assert_eq!(after.get("/x").await.unwrap().status, 200);
}

#[tokio::test]
async fn moved_listeners_are_told_and_the_rest_applies() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    config.change(|config| config.listen.http = "127.0.0.1:1".into()).write("r2");
    let told = until(&program, "r2 is in force", |revision| revision["revision"] == "r2").await;
    assert!(told["error"].as_str().unwrap().contains("restarts"), "{told}");
    assert_eq!(Http1::plain(program.http).await.get("/x").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_mounted_volume_is_swapped_by_its_link() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let volume = tempfile::tempdir().unwrap();
    let publish = |config: &Config, version: &str| {
        let folder = volume.path().join(version);
        std::fs::create_dir(&folder).unwrap();
        for name in ["config.json", "tls.crt", "tls.key"] {
            std::fs::copy(config.folder().join(name), folder.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(version, volume.path().join("..next")).unwrap();
        std::fs::rename(volume.path().join("..next"), volume.path().join("..data")).unwrap();
    };
    publish(&config, "..v1");
    for name in ["config.json", "tls.crt", "tls.key"] {
        std::os::unix::fs::symlink(format!("..data/{name}"), volume.path().join(name)).unwrap();
    }
    let program = Program::of(&config, &volume.path().join("config.json"));
    config.write("r2");
    publish(&config, "..v2");
    until(&program, "r2 is complete", |told| told["revision"] == "r2" && told["complete"] == true).await;
}
