// Asks a running Marquee: `npm start -- [URL] [USER]`. An API key is read from MARQUEE_KEY.
//
// In a browser only the transport is another: createGrpcWebTransport of @connectrpc/connect-web, and
// the page's origin has to stand in the server's allowed_origins.

import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";

import { BadRequestSchema, ErrorInfoSchema } from "../generated/google/rpc/error_details_pb.ts";
import { CatalogService } from "../generated/marquee/v1/catalog_pb.ts";
import { RecommendationService, type RecommendResponse } from "../generated/marquee/v1/recommendation_pb.ts";

const [baseUrl = "http://127.0.0.1:7070", userId = "1"] = process.argv.slice(2);

const withKey: Interceptor = (next) => (request) => {
  const key = process.env.MARQUEE_KEY;
  if (key) request.header.set("authorization", `Bearer ${key}`);
  return next(request);
};

function show(answer: RecommendResponse): void {
  answer.items.forEach((item, place) => {
    const score = item.score.toFixed(4).padStart(9);
    console.log(`${String(place + 1).padStart(3)}  ${score}  ${item.title || item.itemId}  [${item.genres.join(", ")}]`);
  });
  const micros = answer.info?.timings.reduce((sum, timing) => sum + timing.micros, 0n);
  console.log(`     ${answer.info?.recommendationId}, ${answer.info?.modelVersions.join(", ")}, ${micros} µs of work`);
}

// What a failed call tells programs: the reason, then the fields it is about.
function reason(error: ConnectError): string {
  const infos = error.findDetails(ErrorInfoSchema).map((info) => info.reason);
  const fields = error.findDetails(BadRequestSchema).flatMap((request) => request.fieldViolations);
  return [Code[error.code], ...infos, ...fields.map((field) => `${field.field}: ${field.description}`)].join(", ");
}

async function main(): Promise<void> {
  const options = { baseUrl, interceptors: [withKey], defaultTimeoutMs: 1000 };
  const service = createClient(RecommendationService, createGrpcTransport(options));
  const catalog = createClient(CatalogService, createGrpcWebTransport({ ...options, httpVersion: "1.1" }));

  console.log(`for ${userId}:`);
  const answer = await service.recommend({ viewer: { case: "userId", value: userId }, k: 5 });
  show(answer);

  console.log("for somebody new, who liked the first two of these:");
  const entries = answer.items.slice(0, 2).map((item) => ({ itemId: item.itemId }));
  show(await service.recommend({ viewer: { case: "history", value: { entries } }, k: 5 }));

  console.log("the first titles of the catalog, over gRPC-Web and HTTP/1.1:");
  const page = await catalog.listItems({ pageSize: 3 });
  console.log("     " + page.items.map((item) => item.title || item.itemId).join(", "));

  console.log("a request that is not allowed:");
  try {
    await service.recommend({ viewer: { case: "userId", value: userId }, k: 501 });
  } catch (error) {
    console.log("     " + reason(ConnectError.from(error)));
  }
}

await main();
