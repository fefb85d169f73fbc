//! Which pages may call from a browser: cross-origin resource sharing for gRPC-Web.
//!
//! A page of an origin that is not listed gets its preflight refused, so its browser never sends
//! the call. Pages of the server's own origin need no permission.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
        ORIGIN, VARY,
    },
};
use tonic::body::Body;
use tower::Service;

use crate::ServeError;

/// What a page may send: credentials, the protocol's own headers, and a deadline.
const ALLOWED: &str =
    "authorization, content-type, grpc-timeout, x-api-key, x-grpc-web, x-user-agent";
/// What a page may read besides the message.
const EXPOSED: &str = "grpc-message, grpc-status, grpc-status-details-bin";
/// How long a browser may remember a permission, in seconds.
const REMEMBER_S: &str = "3600";

/// Origins that may call.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Arc<[HeaderValue]>);

impl Origins {
    /// Reads origins: a scheme, a host, and a port where it is not the scheme's own.
    ///
    /// # Errors
    ///
    /// [`ServeError::Origin`] for what no browser would send as its origin, `*` included: it would
    /// let any page on the web use a viewer's network position.
    pub(crate) fn new(listed: &[String]) -> Result<Self, ServeError> {
        let origins = listed.iter().map(|text| {
            origin(text).ok_or_else(|| ServeError::Origin {
                found: text.clone(),
            })
        });
        origins.collect::<Result<_, _>>().map(Self)
    }

    /// The origin that `headers` name, if it may call.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.0.iter().find(|listed| *listed == origin).cloned()
    }
}

fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = matches!(scheme, "http" | "https");
    let is_plain = !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '*', ' ']);
    let lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    if is_web && is_plain && lower {
        HeaderValue::from_str(text).ok()
    } else {
        None
    }
}

/// A service that pages may call.
#[derive(Debug, Clone)]
pub(crate) struct Web<S> {
    origins: Origins,
    inner: S,
}

impl<S> Web<S> {
    pub(crate) fn new(origins: Origins, inner: S) -> Self {
        Self { origins, inner }
    }
}

impl<S, B> Service<Request<B>> for Web<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let allowed = self.origins.allowed(request.headers());
        if is_preflight(&request) {
            let response = preflight(allowed);
            return Box::pin(async move { Ok(response) });
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            if let Some(origin) = allowed {
                let headers = response.headers_mut();
                permit(headers, origin);
                headers.insert(
                    ACCESS_CONTROL_EXPOSE_HEADERS,
                    HeaderValue::from_static(EXPOSED),
                );
            }
            Ok(response)
        })
    }
}

fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(allowed: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let Some(origin) = allowed else {
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    };
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    permit(headers, origin);
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST"),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(ALLOWED),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBER_S));
    response
}

/// Caches must not give one origin's answer to another.
fn permit(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

#[cfg(test)]
mod tests;
