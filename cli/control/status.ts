/** `prospect status`: how a running run stands. */
import { Command } from 'commander';
import type { RunStatus } from '../../core/control/run-status.js';
import { alignedLines } from '../aligned-lines.js';
import { askStatus } from './client.js';
import { aimed, findTarget, type TargetOptions } from './target.js';

export function statusCommand(): Command {
  return aimed(new Command('status'))
    .summary('how a running run stands')
    .description('Asks the coordinator of a running run for its step, workers, learning rate and snapshots.')
    .addHelpText(
      'after',
      `
Examples:
  prospect status out
  prospect status out --json | jq .step
  prospect status run.yaml --nats
  prospect status --coordinator 10.0.0.5:7700 --token-file token`,
    )
    .action(async (output: string | undefined, options: TargetOptions & { readonly json?: true }) => {
      const status = await askStatus(await findTarget(output, options));
      process.stdout.write(`${options.json ? JSON.stringify(status) : statusLines(status).join('\n')}\n`);
    });
}

export function statusLines(status: RunStatus): string[] {
  const { runId, state, step, totalSteps, stepAtWork, learningRate, learningRates, snapshotStep } = status;
  const { workers, members, snapshotAtWork, setAside, rowsAwaited } = status;
  const atWork = stepAtWork === undefined ? '' : `, step ${stepAtWork} is at work`;
  const active = members.filter((member) => member.status === 'active').length;
  const others = members.filter((member) => member.status !== 'active');
  const changes = learningRates.map((change) => `peak ${change.learningRate} from step ${change.fromStep} on`);
  const writing = snapshotAtWork === undefined ? [] : [`step ${snapshotAtWork} is being written`];
  return alignedLines({
    run: runId,
    state,
    step: `${step}${totalSteps === 0 ? '' : ` of ${totalSteps}`}${atWork}`,
    workers: [
      `${active} of ${workers.min} to ${workers.max} take part`,
      ...others.map((member) => `${member.workerId} is ${member.status}`),
    ].join('; '),
    'learning rate': [learningRate ?? 'none yet', ...changes].join('; '),
    snapshot: [snapshotStep === 0 ? 'none yet' : `step ${snapshotStep}`, ...writing].join('; '),
    'set aside': setAside === 0 ? 'no rows' : `${setAside} rows`,
    ...(rowsAwaited !== undefined && { rows: rowsAwaited }),
  });
}
