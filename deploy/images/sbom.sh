#!/usr/bin/env bash
# Writes a software bill of materials (CycloneDX 1.5, JSON) of what is installed in a folder, or of this checkout:
#   deploy/images/sbom.sh [folder] > sbom.json
# The parts of a native engine are in worker/engine/native/pins.ts, each with its hash.
set -euo pipefail
sources=$(cd "$(dirname "$0")/../.." && pwd)
cd "${1:-$sources}"
npm sbom --omit=dev --sbom-format=cyclonedx --package-lock-only
