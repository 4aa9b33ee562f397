/** `prospect doctor`: which tensor engine this machine gets and why, and what to do for each thing missing. */

import { Command } from 'commander';
import { ERROR_TABLE } from '../core/errors.js';
import { examineMachine, formatReport } from './machine-report.js';

const EXAMPLES = `
Examples:
  prospect doctor                        what this machine has, and what to do for what it lacks
  prospect doctor --json | jq .auto      the engine that engine: auto takes, for a script

Exits with ${ERROR_TABLE.ENGINE_UNAVAILABLE.exitCode} when no engine works, with 0 otherwise.`;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Show engines, memory, versions and tools of this machine, with a remedy for each thing missing.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: boolean }) => {
      const report = await examineMachine();
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`);
      if (report.auto === undefined) process.exitCode = ERROR_TABLE.ENGINE_UNAVAILABLE.exitCode;
    });
}
