#!/usr/bin/env python3
"""A client that does what every client should: it goes on with a stream that breaks, and takes none for whole that has
no summary.

    pip install grpcio grpcio-tools
    python3 examples/python/client.py 127.0.0.1:50051 search 优化营商环境
    python3 examples/python/client.py 127.0.0.1:50051 export
    python3 examples/python/client.py 127.0.0.1:50051 follow 防汛

Prints a line for each paragraph that came (`+`) and for each document that went (`-`); everything else goes to standard
error.
"""

import argparse
import importlib
import pathlib
import sys
import tempfile
import time

import grpc
import grpc_tools
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
# What passes: the service is away, has no room, or gave a slow reader up.
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
# Where a status of the service has its details. One of the client's own has none: the connection broke, in one way or
# another.
DETAILS = "grpc-status-details-bin"
# Seconds before a broken stream is opened again: at first, and at most.
FIRST_WAIT, LAST_WAIT = 0.2, 5.0
# How often a stream that does not follow is opened again without bringing anything but its header.
TRIES = 10
# A connection over which nothing comes is asked whether it is there: the service allows it every 30 seconds.
KEEPALIVE = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
]


def contract(directory):
    """Compiles the contract into a directory and imports it."""
    files = [str(path) for path in PROTO.rglob("*.proto")]
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    flags = [f"-I{PROTO}", f"-I{well_known}", f"--python_out={directory}", f"--grpc_python_out={directory}"]
    if protoc.main(["protoc", *flags, *files]) != 0:
        raise SystemExit("the contract does not compile")
    sys.path.insert(0, directory)
    return importlib.import_module("xunzhang.v1.search_pb2"), importlib.import_module("xunzhang.v1.search_pb2_grpc")


def may_pass(error):
    """Says whether a stream that broke so may go on."""
    return error.code() in PASSING or all(key != DETAILS for key, _ in error.trailing_metadata() or ())


def events(method, request, for_ever=False):
    """Yields the events of a stream, each once, in order. One that breaks after it began is opened again behind the
    newest token; it is over when its summary came."""
    has_begun, tries = False, 0
    while True:
        try:
            for response in method(request):
                kind = response.WhichOneof("event")
                has_begun = True
                # A later version of the service may have events that this client does not know.
                if kind is None:
                    continue
                event = getattr(response, kind)
                yield kind, event
                if kind == "summary":
                    return
                # Only now: what came before the token was taken.
                if kind != "header":
                    request.resume_token, tries = event.resume_token, 0
            broken = "it ended without its summary"
        except grpc.RpcError as error:
            if not has_begun or not may_pass(error):
                raise
            broken = f"{error.code().name}: {error.details()}"
        if not has_begun or (tries == TRIES and not for_ever):
            raise SystemExit(f"the stream is not whole: {broken}")
        wait = min(FIRST_WAIT * 2 ** min(tries, 8), LAST_WAIT)
        print(f"{broken}; going on in {wait:.1f} s", file=sys.stderr, flush=True)
        time.sleep(wait)
        tries += 1


def show(kind, event):
    """Prints what an event brings."""
    if kind == "hits":
        for hit in event.hits:
            print("+", hit.paragraph_id, hit.text.replace("\n", " "), flush=True)
    elif kind == "removed":
        for removed in event.removed:
            print("-", removed.document_id, flush=True)
    elif kind == "progress":
        print("all is here", file=sys.stderr, flush=True)
    elif kind == "summary":
        print(f"whole, {event.hits_sent} of it in the last call", file=sys.stderr, flush=True)
    else:
        for warning in event.warnings:
            print(f"warning: {warning.message}", file=sys.stderr, flush=True)


def main():
    """Asks, prints, and says whether it was whole."""
    arguments = argparse.ArgumentParser(description="Searches, exports or follows.")
    arguments.add_argument("endpoint", help="HOST:PORT of the service")
    arguments.add_argument("what", choices=["search", "export", "follow"])
    arguments.add_argument("query", nargs="?", default="", help="what to look for; of an export, nothing is everything")
    arguments.add_argument("--limit", type=int, default=10, help="hits of a search")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory, grpc.insecure_channel(asked.endpoint, KEEPALIVE) as channel:
        messages, services = contract(directory)
        service = services.SearchServiceStub(channel)
        if asked.what == "search":
            stream = events(service.Search, messages.SearchRequest(query=asked.query, limit=asked.limit))
        else:
            follow = asked.what == "follow"
            stream = events(service.Export, messages.ExportRequest(query=asked.query, follow=follow), follow)
        for kind, event in stream:
            show(kind, event)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except grpc.RpcError as refused:
        sys.exit(f"{refused.code().name}: {refused.details()}")
