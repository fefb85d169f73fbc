#!/usr/bin/env bash
# Makes clients/python/generated from proto/, with the protoc that comes in grpcio-tools.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p generated
python -m grpc_tools.protoc --proto_path=../../proto \
    --python_out=generated --pyi_out=generated --grpc_python_out=generated \
    ../../proto/marquee/v1/*.proto
