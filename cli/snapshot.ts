/** `prospect snapshot`: looks at the snapshots of a run, checks them, and makes a model of one. */
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { exportSnapshot } from '../coordinator/snapshots/export-snapshot.js';
import { loadSnapshot } from '../coordinator/snapshots/load-newest.js';
import { type SurveyedSnapshot, surveySnapshots } from '../coordinator/snapshots/survey.js';
import { ERROR_TABLE, ProspectError } from '../core/errors.js';
import { snapshotNowCommand } from './control/commands.js';

const EXAMPLES = `
Examples:
  prospect snapshot now out
  prospect snapshot list out
  prospect snapshot verify out
  prospect snapshot verify out/snapshots/step-000200
  prospect snapshot export out/snapshots/step-000200 --output adapter-200`;

const BYTES_PER_MIB = 2 ** 20;

interface JsonOption {
  readonly json?: true;
}

interface ExportOptions extends JsonOption {
  readonly output: string;
  readonly model?: string;
}

export function snapshotCommand(): Command {
  return new Command('snapshot')
    .summary('take, list, check and export the snapshots of a run')
    .description('Works on the snapshots in a run’s output folder, which may go on meanwhile. All but now only read.')
    .addCommand(snapshotNowCommand())
    .addCommand(listCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addHelpText('after', EXAMPLES);
}

function listCommand(): Command {
  return new Command('list')
    .summary('the snapshots of a run, newest first')
    .description(
      'Shows step, size, time and state of each snapshot. Looks at manifests and sizes; verify reads everything.',
    )
    .argument('<output>', 'the run’s output folder')
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  prospect snapshot list out --json | jq ".[0].path"')
    .action(async (output: string, { json }: JsonOption) => {
      const surveyed = await surveySnapshots(output, 'sizes');
      print(json ? JSON.stringify(surveyed, null, 2) : table(surveyed, 'whole'));
    });
}

function verifyCommand(): Command {
  return new Command('verify')
    .summary('read all of the snapshots and compare their digests')
    .description(
      'Reads every byte of one snapshot, or of all of a run, and compares sizes and SHA-256 with what was written. ' +
        `Exit code 0 when all are intact, ${ERROR_TABLE.STORAGE.exitCode} when one is not.`,
    )
    .argument('<output|snapshot>', 'the run’s output folder, or one snapshot’s')
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  prospect snapshot verify out && echo all intact')
    .action(async (folder: string, { json }: JsonOption) => {
      const surveyed = await surveySnapshots(folder, 'contents');
      print(json ? JSON.stringify(surveyed, null, 2) : table(surveyed, 'intact'));
      const damaged = surveyed.filter(({ problems }) => problems.length > 0).map(({ name }) => name);
      if (damaged.length === 0) return;
      const how = damaged.length === 1 ? 'is' : 'are';
      throw new ProspectError(
        'STORAGE',
        `${damaged.join(', ')} ${how} damaged. A run that is resumed passes over such snapshots; they may be removed.`,
      );
    });
}

function exportCommand(): Command {
  return new Command('export')
    .summary('the adapter or the model as it was at a snapshot')
    .description(
      'Checks a snapshot and writes its weights as the end of the run would have: an adapter in PEFT’s layout, or a ' +
        'Hugging Face folder for method: full.',
    )
    .argument('<snapshot>', 'folder of the snapshot, as out/snapshots/step-000200')
    .requiredOption('-o, --output <folder>', 'folder for the adapter or the model; it must not exist yet')
    .option('--model <folder>', 'the base model, when it is no longer where the run had it')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Example:
  prospect snapshot export out/snapshots/step-000200 --output adapter-200
  prospect generate ./model --adapter adapter-200 --prompt "Hello"`,
    )
    .action(runExport);
}

async function runExport(folder: string, { output, model, json }: ExportOptions): Promise<void> {
  if ((await surveySnapshots(folder, 'sizes'))[0]?.path !== folder) throw notOne(folder);
  const snapshot = await loadSnapshot(folder);
  const baseFolder = model === undefined ? {} : { baseFolder: resolve(model) };
  const { method, sha256 } = await exportSnapshot({ snapshot, folder: output, ...baseFolder });
  const { step } = snapshot.state;
  const what = method === 'full' ? 'Model' : 'Adapter';
  print(
    json ? JSON.stringify({ folder: output, step, sha256 }) : `${what} of step ${step}: ${output} (SHA-256 ${sha256})`,
  );
}

function notOne(folder: string): ProspectError {
  const example = join(folder, 'snapshots', 'step-…');
  return new ProspectError('CONFIG_INVALID', `${folder} holds snapshots and is none. Name one of them: ${example}`);
}

function table(surveyed: readonly SurveyedSnapshot[], good: string): string {
  const rows = surveyed.map(({ path, step, writtenAt, bytes, problems }) => [
    basename(path),
    String(step),
    bytes === undefined ? '?' : (bytes / BYTES_PER_MIB).toFixed(1),
    writtenAt?.replace(/\.\d+Z$/, 'Z') ?? '?',
    problems.length === 0 ? good : `damaged: ${problems.join('; ')}`,
  ]);
  const all = [['snapshot', 'step', 'MiB', 'written', 'state'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
