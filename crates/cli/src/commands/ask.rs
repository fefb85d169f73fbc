//! `marquee ask`: the client of a running server.

mod json;
mod ranking;
mod show;
mod state;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow};
use clap::{Parser, Subcommand};
use marquee_proto::v1::{
    AnswerInfo, GetItemRequest, ItemFilter, ListModelsRequest, PromoteModelRequest, RankedItem,
    RecommendRequest, RollBackModelRequest, SimilarItemsRequest,
    catalog_service_client::CatalogServiceClient, model_service_client::ModelServiceClient,
    recommend_request::Viewer, recommendation_service_client::RecommendationServiceClient,
};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{commands::rules::RulesArgs, output};

/// Asks a running server over gRPC, as an app would.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Where the server listens, such as http://127.0.0.1:7070 or https://host:443
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    server: String,
    /// File that holds the API key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Certificate of who signed the server's, in PEM, for https
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Give up after this many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    timeout_ms: u64,
    /// Print one JSON object and nothing else
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// The best items for a viewer
    Recommend {
        /// The viewer; nobody known when not given
        #[arg(long, value_name = "ID")]
        user: Option<String>,
        /// How many items
        #[arg(short, value_name = "N", default_value_t = 10)]
        k: u32,
        /// Only items with one of these genres
        #[arg(long, value_name = "G,…", value_delimiter = ',')]
        genre: Vec<String>,
        /// No item with any of these genres
        #[arg(long, value_name = "G,…", value_delimiter = ',')]
        without_genre: Vec<String>,
        #[command(flatten)]
        rules: RulesArgs,
        /// Say what each score is made of
        #[arg(long)]
        explain: bool,
        /// Say what is expected to follow when each item is shown, if the model has a ranker
        #[arg(long)]
        outcomes: bool,
        /// Kind of device on which the answer is seen, as events name it
        #[arg(long, value_name = "NAME", default_value = "")]
        device: String,
        /// Page on which the answer is seen, as events name it
        #[arg(long, value_name = "NAME", default_value = "")]
        page: String,
    },
    /// The items most like one item
    Similar {
        /// The item
        #[arg(long, value_name = "ID")]
        item: String,
        /// How many items
        #[arg(short, value_name = "N", default_value_t = 10)]
        k: u32,
    },
    /// The catalog record of an item
    Item {
        /// The item
        id: String,
    },
    /// The model versions of the server
    Models,
    /// Make a version answer from now on
    Promote {
        /// The version, such as ials/000003
        version: String,
    },
    /// Make the version that was active before answer again
    RollBack,
    /// What a viewer's events say of the viewer's taste
    Taste(ranking::Whose),
    /// What outcomes are worth to a ranker; shows it, after changing it if asked to
    Value(ranking::Worth),
    /// What an operator may look at, and tidy up
    State {
        #[command(subcommand)]
        matter: state::Matter,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(ask(args))
}

async fn ask(args: &Args) -> Result<()> {
    let channel = connect(args).await?;
    match &args.question {
        Question::Recommend { .. } | Question::Similar { .. } => rank(args, channel).await,
        Question::Item { id } => {
            let request = GetItemRequest {
                item_id: id.clone(),
            };
            let mut client = CatalogServiceClient::new(channel);
            let got = client.get_item(wrap(args, request)?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            if args.json {
                return output::json(&json::item(&got));
            }
            show::item(&got)
        }
        Question::Models | Question::Promote { .. } | Question::RollBack => {
            models(args, channel).await
        }
        Question::Taste(whose) => ranking::taste(args, whose, channel).await,
        Question::Value(worth) => ranking::value(args, worth, channel).await,
        Question::State { matter } => state::ask(args, matter, channel).await,
    }
}

async fn rank(args: &Args, channel: Channel) -> Result<()> {
    let mut client = RecommendationServiceClient::new(channel);
    match &args.question {
        Question::Similar { item, k } => {
            let request = SimilarItemsRequest {
                item_id: item.clone(),
                k: *k,
            };
            let got = client.similar_items(wrap(args, request)?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            tell(args, &got.items, got.info.as_ref())
        }
        Question::Recommend {
            user,
            k,
            genre,
            without_genre,
            rules,
            explain,
            outcomes,
            device,
            page,
        } => {
            let mut request = RecommendRequest {
                viewer: user.clone().map(Viewer::UserId),
                k: *k,
                filter: Some(ItemFilter {
                    include_genres: genre.clone(),
                    exclude_genres: without_genre.clone(),
                    ..ItemFilter::default()
                }),
                explain: *explain,
                tell_outcomes: *outcomes,
                device: device.clone(),
                page: page.clone(),
                ..RecommendRequest::default()
            };
            rules.write(&mut request);
            let got = client.recommend(wrap(args, request)?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            if args.json {
                return output::json(&json::recommended(&got));
            }
            show::ranked(&got.items, got.info.as_ref())?;
            show::moves(&got.moves)
        }
        _ => Ok(()),
    }
}

fn tell(args: &Args, items: &[RankedItem], info: Option<&AnswerInfo>) -> Result<()> {
    if args.json {
        return output::json(&json::ranked(items, info));
    }
    show::ranked(items, info)
}

async fn models(args: &Args, channel: Channel) -> Result<()> {
    let mut client = ModelServiceClient::new(channel);
    match &args.question {
        Question::Promote { version } => {
            let request = PromoteModelRequest {
                version: version.clone(),
                ..PromoteModelRequest::default()
            };
            let got = client.promote_model(wrap(args, request)?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            swapped(
                args,
                "answers",
                [&got.active_version, &got.previous_version],
            )
        }
        Question::RollBack => {
            let request = RollBackModelRequest::default();
            let got = client.roll_back_model(wrap(args, request)?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            swapped(
                args,
                "answers again",
                [&got.active_version, &got.previous_version],
            )
        }
        _ => {
            let got = client.list_models(wrap(args, ListModelsRequest {})?).await;
            let got = got.map_err(|status| refused(&status))?.into_inner();
            if args.json {
                return output::json(&json::models(&got));
            }
            show::models(&got)
        }
    }
}

fn swapped(args: &Args, verb: &str, [active, previous]: [&str; 2]) -> Result<()> {
    if args.json {
        return output::json(&json::swapped(active, previous));
    }
    let previous = show::or_nothing(previous);
    output::line(format_args!("{active} {verb}, before it {previous}"))
}

async fn connect(args: &Args) -> Result<Channel> {
    let mut endpoint = Endpoint::from_shared(args.server.clone())
        .with_context(|| format!("--server {:?} is not a URL", args.server))?
        .connect_timeout(Duration::from_millis(args.timeout_ms));
    if args.server.starts_with("https:") {
        let mut tls = ClientTlsConfig::new();
        if let Some(path) = &args.authority {
            let pem =
                std::fs::read(path).with_context(|| format!("authority {}", path.display()))?;
            tls = tls.ca_certificate(Certificate::from_pem(pem));
        }
        endpoint = endpoint.tls_config(tls)?;
    }
    let connected = endpoint.connect().await;
    connected.with_context(|| format!("no server answers at {}", args.server))
}

fn wrap<T>(args: &Args, message: T) -> Result<Request<T>> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_millis(args.timeout_ms));
    if let Some(path) = &args.key_file {
        let key = std::fs::read_to_string(path)
            .with_context(|| format!("key file {}", path.display()))?;
        let mut value: MetadataValue<_> = format!("Bearer {}", key.trim())
            .parse()
            .with_context(|| format!("key file {} holds no key", path.display()))?;
        value.set_sensitive(true);
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

fn refused(status: &Status) -> anyhow::Error {
    anyhow!(
        "the server refused: {}: {}",
        status.code(),
        status.message()
    )
}
