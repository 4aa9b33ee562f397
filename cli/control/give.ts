/** A command for a running run, and what it says to it. */
import type { GivenCommand } from '../../core/control/messages.js';
import { giveCommand } from './client.js';
import { findTarget, type TargetOptions } from './target.js';

export interface GiveOptions extends TargetOptions {
  readonly json?: true;
}

export async function give(output: string | undefined, options: GiveOptions, command: GivenCommand): Promise<void> {
  const acknowledged = await giveCommand(await findTarget(output, options), command);
  process.stdout.write(`${options.json ? JSON.stringify(acknowledged) : acknowledged.says}\n`);
}
