/** A real Prometheus on a free port, that scrapes what a test tells it to, several times a second. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.js';

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
const find = (program: string) => FOLDERS.map((folder) => join(folder, program)).find(existsSync);

/** undefined: tests with Prometheus are skipped, and say so. */
export const PROMETHEUS = find('prometheus');
/** Comes with it. */
export const PROMTOOL = find('promtool');

if (!PROMETHEUS || !PROMTOOL) {
  console.warn('\n*** There is no prometheus: tests with it are SKIPPED (Debian: apt-get install prometheus) ***\n');
}

/** Often enough that most steps of a toy model are seen. */
const SCRAPE_MS = 100;
const ASKED_AGAIN_MS = 100;

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the value; as they were scraped. */
  readonly values: readonly (readonly [number, number])[];
}

export interface AlertRule {
  readonly name: string;
  readonly health: string;
  readonly state: string;
  readonly lastError?: string;
}

export interface Prometheus {
  /** Every sample of a selector. */
  samples(selector: string): Promise<Series[]>;
  /** A query at each of so many moments from then until now. */
  range(query: string, fromSeconds: number): Promise<Series[]>;
  rules(): Promise<AlertRule[]>;
  /** When the query gives a series. */
  until(query: string): Promise<void>;
  remove(): Promise<void>;
}

/** @param jobs host:port of targets by job. @param rules text of a file of rules. */
export async function startPrometheus(
  jobs: Readonly<Record<string, readonly string[]>>,
  rules: string,
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prospect-prometheus-'));
  await writeFile(join(folder, 'rules.yaml'), rules);
  // JSON is YAML.
  const config = {
    global: { scrape_interval: `${SCRAPE_MS}ms`, scrape_timeout: `${SCRAPE_MS}ms`, evaluation_interval: '250ms' },
    rule_files: ['rules.yaml'],
    scrape_configs: Object.entries(jobs).map(([job_name, targets]) => ({ job_name, static_configs: [{ targets }] })),
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const child = spawn(PROMETHEUS!, [...flags, `--web.listen-address=${address}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await ready(child);
  const ask = async <Data>(path: string, fields: Record<string, string> = {}): Promise<Data> => {
    const response = await fetch(`http://${address}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    const { status, data, error } = (await response.json()) as { status: string; data: Data; error?: string };
    if (status !== 'success') throw new Error(`${fields.query}: ${error}`);
    return data;
  };
  const query = async (path: string, fields: Record<string, string>) => {
    const { result } = await ask<{ result: RawSeries[] }>(path, fields);
    return result.map(
      ({ metric, values, value }): Series => ({
        metric,
        values: (values ?? [value!]).map(([time, text]) => [time, numberOf(text)] as const),
      }),
    );
  };
  return {
    samples: (selector) => query('query', { query: `${selector}[1h]` }),
    range: (text, fromSeconds) =>
      query('query_range', { query: text, start: String(fromSeconds), end: String(Date.now() / 1000), step: '0.5' }),
    async rules() {
      const response = await fetch(`http://${address}/api/v1/rules`);
      const { data } = (await response.json()) as { data: { groups: { rules: AlertRule[] }[] } };
      return data.groups.flatMap((group) => group.rules);
    },
    async until(text) {
      while ((await query('query', { query: text })).length === 0) await delay(ASKED_AGAIN_MS);
    },
    async remove() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RawSeries {
  readonly metric: Record<string, string>;
  readonly values?: [number, string][];
  readonly value?: [number, string];
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** Its output is read on: a server whose output nobody takes ends when it has something to say. */
async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`prometheus ended: ${output}`)));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Server is ready to receive web requests')) resolve();
    });
  });
}
