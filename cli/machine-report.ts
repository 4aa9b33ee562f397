/** What `prospect doctor` finds out about a machine, and how it tells it. */

import { constants, existsSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { cacheFolder } from '../core/cache-folder.js';
import { localGpus } from '../worker/engine/local-gpus.js';
import { findTools, missingTools, type Tools } from '../worker/engine/native/tools.js';
import { chooseEngine, type EngineChoice, type EngineProbe, probeEngines } from '../worker/engine/probe.js';
import { processorName } from '../worker/engine/processor.js';

export interface MachineReport {
  readonly engines: readonly EngineProbe[];
  /** What `engine: auto` takes. */
  readonly auto: EngineChoice | undefined;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly gpus: readonly string[];
  readonly cache: { readonly folder: string; readonly freeBytes: number | undefined };
  readonly tools: Tools;
  /** What to do for each thing missing. */
  readonly remedies: readonly string[];
}

const OLDEST_NODE = 20;
const MIB = 2 ** 20;

export async function examineMachine(): Promise<MachineReport> {
  const folder = cacheFolder();
  const gpus = (await localGpus()).map(({ name, memoryMib }) => `${name}, ${gibibytes(memoryMib * MIB)}`);
  const engines = await probeEngines(folder);
  const facts = {
    engines,
    auto: chooseEngine(engines),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: processorName(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    gpus,
    cache: { folder, freeBytes: await freeBytes(folder) },
    tools: await findTools(),
  };
  return { ...facts, remedies: remediesFor(facts) };
}

/** One remedy for each thing that is missing and would help. */
export function remediesFor(facts: Omit<MachineReport, 'remedies'>): string[] {
  const remedies: string[] = [];
  if (Number.parseInt(facts.node, 10) < OLDEST_NODE) remedies.push(`Node ${facts.node}: install Node 20 or newer`);
  for (const probe of facts.engines) {
    const hopeless = probe.engine === 'tensorflow-gpu' && facts.gpus.length === 0;
    if (!probe.works && !hopeless) remedies.push(`${probe.engine}: ${probe.why}. ${probe.remedy}`);
  }
  const wantsBuild = facts.engines.some((probe) => probe.engine === 'tensorflow' && !probe.works);
  if (wantsBuild) remedies.push(...missingTools(facts.tools).map((missing) => `to build a native engine: ${missing}`));
  if (facts.cache.freeBytes === undefined) {
    remedies.push(`${facts.cache.folder} cannot be written: let $PROSPECT_CACHE name a folder that can`);
  }
  return remedies;
}

/** The report for a person, line by line. */
export function formatReport(report: MachineReport): string {
  const rows: [string, string][] = report.engines.map((probe) => [
    probe.engine,
    probe.works ? `works, version ${probe.version}` : `no: ${probe.why}`,
  ]);
  rows.push(
    ['auto', report.auto === undefined ? 'none works' : `${report.auto.engine}: ${report.auto.reason}`],
    ['node', `${report.node} on ${report.platform}`],
    ['processor', `${report.processor}, ${report.cores} cores`],
    ['memory', `${gibibytes(report.memoryBytes)}, ${gibibytes(report.freeMemoryBytes)} free`],
    ['gpus', report.gpus.join(', ') || 'none (nvidia-smi lists none)'],
    [
      'cache',
      `${report.cache.folder}, ${report.cache.freeBytes === undefined ? 'not writable' : `${gibibytes(report.cache.freeBytes)} free`}`,
    ],
    ['pip', report.tools.pip === undefined ? 'missing' : `${report.tools.python} -m pip`],
    ['compiler', report.tools.compiler ?? 'missing'],
  );
  const table = rows.map(([name, value]) => `${name.padEnd(15)} ${value}`);
  const advice = report.remedies.map((remedy) => `  - ${remedy}`);
  return [...table, ...(advice.length > 0 ? ['', 'What to do:', ...advice] : ['', 'Nothing is missing.'])].join('\n');
}

/** Free bytes of the disk that holds the folder, or would; undefined when it cannot be written. */
async function freeBytes(folder: string): Promise<number | undefined> {
  if (!existsSync(folder) && dirname(folder) !== folder) return freeBytes(dirname(folder));
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
