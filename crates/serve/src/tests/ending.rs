//! An orderly end: what runs finishes, what comes is refused, and nothing waits for ever.

use std::time::{Duration, Instant};

use tokio::{net::TcpStream, time::timeout};

use super::support::{LONG, for_user, patient, start};

#[tokio::test]
async fn running_call_finishes_and_new_connections_are_refused() {
    let mut config = patient();
    config.times.shutdown_ms = 60_000;
    let server = start(config).await;
    let address = server.address;
    let mut client = server.client().await;
    let running = tokio::spawn(async move { client.recommend(for_user("slow")).await });
    server.strings.slow_call_began().await;
    let release = server.strings.release.clone();

    let done = server.stop();
    // The listener goes first.
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!done.is_finished());
    release.send(()).unwrap();
    let answer = running.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.info.unwrap().model_versions, ["ease/000001"]);
    timeout(LONG, done).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn call_that_does_not_finish_is_cut_off() {
    let mut config = patient();
    config.times.shutdown_ms = 50;
    let server = start(config).await;
    let mut client = server.client().await;
    let running = tokio::spawn(async move { client.recommend(for_user("slow")).await });
    server.strings.slow_call_began().await;
    let release = server.strings.release.clone();

    let began = Instant::now();
    timeout(LONG, server.stop())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(began.elapsed() >= Duration::from_millis(50));
    running.await.unwrap().unwrap_err();
    // Lets the worker go, which nobody waits for any more.
    release.send(()).unwrap();
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_end_up() {
    let mut config = patient();
    config.times.shutdown_ms = 60_000;
    let server = start(config).await;
    let mut client = server.client().await;
    client.recommend(for_user("anna")).await.unwrap();
    let silent = TcpStream::connect(server.address).await.unwrap();
    drop(silent);
    timeout(Duration::from_secs(20), server.stop())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    drop(client);
}
