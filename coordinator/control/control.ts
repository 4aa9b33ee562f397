/**
 * Steering a run, whatever the request came by: the token is compared, the machine decides, and what it decided is on the
 * disk before it is said. A transport turns its requests into these calls, and what they throw into its errors.
 */

import type { GivenCommand } from '../../core/control/messages.js';
import type { RunStatus } from '../../core/control/run-status.js';
import { ProspectError } from '../../core/errors.js';
import { isSameSecret } from '../../core/same-secret.js';
import { STOPPED_BY_COMMAND } from '../journal/command-record.js';
import type { Answer, Command } from '../machine/command.js';
import { type StatusFacts, statusOf } from './status.js';

export interface Control {
  /** @throws ACCESS_DENIED */
  status(token: string): RunStatus;
  /**
   * @throws ACCESS_DENIED; CONFIG_INVALID for what cannot be done, with the reason; PROTOCOL when the run is over; STORAGE
   *   when it cannot be recorded.
   */
  command(token: string, command: Command): Promise<Acknowledgement>;
}

export interface Acknowledgement {
  /** What will happen, and when, for a person: "pauses after step 120". */
  readonly says: string;
  /** The step after which, or from which on. */
  readonly step: number;
}

export interface ControlParts extends StatusFacts {
  /** undefined: nobody may. */
  readonly token: string | undefined;
  /** So far, where rows come live. */
  heldOutRows(): number;
  give(command: Command): Promise<Answer>;
}

export function createControl(parts: ControlParts): Control {
  const { token: own, heldOutRows, give } = parts;
  return {
    status(token) {
      checkToken(token, own);
      return statusOf(parts);
    },
    async command(token, command) {
      checkToken(token, own);
      if (command.command === 'evaluate' && heldOutRows() === 0) {
        throw refused(command, 'no rows are held out; data.heldOut is a matter of a new run');
      }
      const answer = await give(command);
      if (!answer.isDone) throw refused(command, answer.says);
      return { says: answer.says, step: answer.step };
    },
  };
}

/** What a run says that ends by command. */

/** As the machine has it. */
export function commandOf(given: GivenCommand): Command {
  return given.command === 'stop' ? { ...given, reason: STOPPED_BY_COMMAND } : given;
}

function checkToken(token: string, own: string | undefined): void {
  if (own === undefined) {
    const remedy = 'Set control.tokenFile or PROSPECT_TOKEN where the coordinator runs, and start it again.';
    throw new ProspectError(
      'ACCESS_DENIED',
      `this coordinator has no control token, so it takes no commands. ${remedy}`,
    );
  }
  if (isSameSecret(token, own)) return;
  const what = token === '' ? 'a control token is missing' : 'the control token is not this run’s';
  const remedy = 'Name the run’s folder, or give its token (PROSPECT_TOKEN or --token-file).';
  throw new ProspectError('ACCESS_DENIED', `${what}; nothing was changed. ${remedy}`);
}

function refused({ command }: Command, why: string): ProspectError {
  return new ProspectError('CONFIG_INVALID', `${command} is refused, nothing changes: ${why}.`);
}
