"""Asks a running Marquee for recommendations: `python client.py [HOST:PORT] [USER]`.

An API key, if the server wants one, is read from MARQUEE_KEY; a certificate to trust from MARQUEE_CA.
"""

import os
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "generated"))

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from marquee.v1 import catalog_pb2, catalog_pb2_grpc, event_pb2, event_pb2_grpc, recommendation_pb2, recommendation_pb2_grpc

TIMEOUT_S = 1.0

# Only what the server never began is tried again: it says UNAVAILABLE for that.
RETRIES = """{"methodConfig": [{"name": [{"service": "marquee.v1.RecommendationService"}],
  "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}"""


def open_channel(address: str) -> grpc.Channel:
    options = [("grpc.service_config", RETRIES)]
    authority = os.environ.get("MARQUEE_CA")
    if authority is None:
        return grpc.insecure_channel(address, options)
    credentials = grpc.ssl_channel_credentials(Path(authority).read_bytes())
    return grpc.secure_channel(address, credentials, options)


def metadata() -> list[tuple[str, str]]:
    key = os.environ.get("MARQUEE_KEY")
    return [("authorization", f"Bearer {key}")] if key else []


def show(answer) -> None:
    for place, item in enumerate(answer.items, start=1):
        print(f"{place:>3}  {item.score:9.4f}  {item.title or item.item_id}  [{', '.join(item.genres)}]")
    micros = sum(timing.micros for timing in answer.info.timings)
    print(f"     {answer.info.recommendation_id}, {', '.join(answer.info.model_versions)}, {micros} µs of work")
    for missing in answer.info.degraded:
        print(f"     without {missing.component}")


def reason(error: grpc.RpcError) -> str:
    """What a failed call tells programs: the reason, then the fields it is about."""
    status = rpc_status.from_call(error)
    parts = [error.code().name]
    for detail in status.details if status else []:
        info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            parts.append(info.reason)
        elif detail.Unpack(fields):
            parts += [f"{field.field}: {field.description}" for field in fields.field_violations]
    return ", ".join(parts)


def write(events, **parts) -> str:
    """Writes one event and gives its id. Sending it again with the same id changes nothing."""
    event = event_pb2.Event(event_id=str(uuid.uuid4()), **parts)
    request = event_pb2.WriteEventsRequest(events=[event])
    status = events(request, timeout=TIMEOUT_S, metadata=metadata()).statuses[0]
    if status.outcome != event_pb2.EVENT_OUTCOME_WRITTEN:
        raise ValueError(f"{status.field}: {status.problem}")
    return event.event_id


def main(address: str = "127.0.0.1:7070", user: str = "1") -> None:
    with open_channel(address) as channel:
        service = recommendation_pb2_grpc.RecommendationServiceStub(channel)
        catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        call = {"timeout": TIMEOUT_S, "metadata": metadata()}

        print(f"for {user}:")
        known = recommendation_pb2.RecommendRequest(user_id=user, k=5)
        answer = service.Recommend(known, **call)
        show(answer)

        print("for somebody new, who liked the first two of these:")
        liked = [recommendation_pb2.HistoryEntry(item_id=item.item_id) for item in answer.items[:2]]
        history = recommendation_pb2.InlineHistory(entries=liked)
        show(service.Recommend(recommendation_pb2.RecommendRequest(history=history, k=5), **call))

        first = answer.items[0]
        print(f"after a thumb down for {first.title}:")
        events = event_pb2_grpc.EventServiceStub(channel).WriteEvents
        thumb = event_pb2.Thumb(item_id=first.item_id, direction=event_pb2.THUMB_DIRECTION_DOWN)
        down = write(events, user_id=user, thumb=thumb)
        show(service.Recommend(known, **call))

        write(events, user_id=user, retract=event_pb2.Retract(event_id=down))
        same = service.Recommend(known, **call).items == answer.items
        print(f"taken back, the first answer again: {same}")

        print("the first titles of the catalog:")
        page = catalog.ListItems(catalog_pb2.ListItemsRequest(page_size=3), **call)
        print("     " + ", ".join(item.title or item.item_id for item in page.items))

        print("a request that is not allowed:")
        try:
            service.Recommend(recommendation_pb2.RecommendRequest(user_id=user, k=501), **call)
        except grpc.RpcError as error:
            print("     " + reason(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
