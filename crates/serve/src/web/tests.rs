use std::convert::Infallible;

use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_TYPE};
use tower::ServiceExt;

use super::*;

const APP: &str = "https://app.example";

/// What comes back through the layer; the service behind it answers 418 to everything.
async fn ask(method: Method, headers: &[(http::HeaderName, &str)]) -> Response<Body> {
    let behind = tower::service_fn(|_: Request<()>| async {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        Ok::<_, Infallible>(response)
    });
    let web = Web::new(Origins::new(&[APP.to_owned()]).unwrap(), behind);
    let mut request = Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    web.oneshot(request.body(()).unwrap()).await.unwrap()
}

fn header(response: &Response<Body>, name: http::HeaderName) -> Option<&str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn preflight_of_a_listed_origin_is_answered_here() {
    let asked = [
        (ORIGIN, APP),
        (ACCESS_CONTROL_REQUEST_METHOD, "POST"),
        (ACCESS_CONTROL_REQUEST_HEADERS, "content-type,x-grpc-web"),
    ];
    let response = ask(Method::OPTIONS, &asked).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), Some(APP));
    assert_eq!(
        header(&response, ACCESS_CONTROL_ALLOW_METHODS),
        Some("POST")
    );
    assert!(
        header(&response, ACCESS_CONTROL_ALLOW_HEADERS)
            .unwrap()
            .contains("x-grpc-web")
    );
    assert_eq!(header(&response, VARY), Some("origin"));
}

#[tokio::test]
async fn preflight_of_any_other_origin_is_refused() {
    for origin in [
        "https://evil.example",
        "http://app.example",
        "null",
        "https://app.example.evil",
    ] {
        let asked = [(ORIGIN, origin), (ACCESS_CONTROL_REQUEST_METHOD, "POST")];
        let response = ask(Method::OPTIONS, &asked).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), None);
    }
}

#[tokio::test]
async fn call_of_a_listed_origin_may_read_the_status() {
    let response = ask(
        Method::POST,
        &[(ORIGIN, APP), (CONTENT_TYPE, "application/grpc-web")],
    )
    .await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), Some(APP));
    assert_eq!(
        header(&response, ACCESS_CONTROL_EXPOSE_HEADERS),
        Some(EXPOSED)
    );
}

#[tokio::test]
async fn call_of_another_origin_or_of_none_gets_no_permission() {
    for headers in [&[][..], &[(ORIGIN, "https://evil.example")][..]] {
        let response = ask(Method::POST, headers).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), None);
    }
}

#[test]
fn what_no_browser_sends_as_origin_is_refused() {
    for text in [
        "*",
        "app.example",
        "https://",
        "https://app.example/",
        "https://*.example",
        "https://App.example",
        "ftp://app.example",
        "https://user@app.example",
        "",
    ] {
        let got = Origins::new(&[text.to_owned()]);
        assert!(matches!(got, Err(ServeError::Origin { .. })), "{text}");
    }
    Origins::new(&["http://localhost:5173".to_owned()]).unwrap();
}
