/** The page's files, as routes: plain modules, read once, and nothing from elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Route } from '../../proto/http/route.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing runs, and nothing is loaded, but the page's own files. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  // Another version of prospect has other files under these names.
  'cache-control': 'no-cache',
};

export function pageFiles(): Route[] {
  const folder = pageFolder();
  const own = readdirSync(folder).map((name) => ({ path: `/${name}`, file: join(folder, name) }));
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const charts = ['uPlot.esm.js', 'uPlot.min.css'].map((name) => ({ path: `/uplot/${name}`, file: join(uplot, name) }));
  const index = { path: '/', file: join(folder, 'index.html') };
  return [index, ...own, ...charts].map(({ path, file }) => {
    const answer = { type: TYPES[extname(file)]!, headers: HEADERS, body: readFileSync(file) };
    return { method: 'GET', path, handle: () => answer };
  });
}

/** Beside the sources, and one further up from what was built. */
function pageFolder(): string {
  const here = fileURLToPath(import.meta.url);
  const root = here.endsWith('.js') ? '../../../../' : '../../../';
  return join(here, root, 'web');
}
