#!/usr/bin/env bash
# Installs Prospect as the images have it, from the folder of its sources: programs, what they need at run time, and an
# engine. The Dockerfiles and continuous integration run the same steps.
#   deploy/images/install.sh <tensorflow | tensorflow-gpu | none> <folder>
set -euo pipefail

engine=${1:?which engine: tensorflow, tensorflow-gpu or none}
folder=${2:?where to}
sources=$(cd "$(dirname "$0")/../.." && pwd)

cd "$sources"
# Not npm ci: scripts/lib/prepare.mjs says why. No package here needs its install script.
npm install --no-save --no-fund --no-audit --ignore-scripts
node node_modules/typescript/bin/tsc -p tsconfig.json

mkdir -p "$folder/dist"
for part in cli coordinator core proto worker; do
  cp -R "dist/$part" "$folder/dist/"
done
find "$folder/dist" \( -name '*.test.*' -o -name '*.d.ts' -o -name '*.map' \) -delete
cp -R web "$folder/"
cp package.json package-lock.json .npmrc "$folder/"
# What the engine's fused operations are compiled from.
mkdir -p "$folder/worker/engine/native"
cp -R worker/engine/native/fused "$folder/worker/engine/native/"

cd "$folder"
npm install --omit=dev --no-save --no-fund --no-audit --ignore-scripts
if [[ $engine != none ]]; then
  PROSPECT_ENGINES="$folder/engines" node dist/cli/main.js setup --engine "$engine"
fi
node dist/cli/main.js --version
