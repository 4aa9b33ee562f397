/** Commands on their way to the machine and back: answered when what they change is on the disk. */
import { type PromiseWithResolvers, withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { NewEvent } from '../events/event-line.js';
import type { Answer, Command } from '../machine/command.js';
import type { Effect } from '../machine/effects.js';
import type { DriverContext } from './context.js';

export interface Commander {
  /**
   * @returns what the machine makes of it, also when that is to refuse it.
   * @throws PROTOCOL when the run is over; STORAGE when it cannot be recorded.
   */
  give(command: Command): Promise<Answer>;
  /** The machine has answered. */
  answered(effect: Extract<Effect, { kind: 'answered' }>): void;
  /** The record of the command that is answered next. @param done when it is on the disk. */
  recording(done: Promise<void>): void;
}

type Surroundings = Pick<DriverContext, 'loop' | 'log' | 'events' | 'over'>;

export function createCommander({ loop, log, events, over }: Surroundings): Commander {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  let ids = 0;
  let recorded = Promise.resolve();
  return {
    async give(command) {
      const id = ++ids;
      const reply = withResolvers<Answer>();
      waiting.set(id, reply);
      try {
        loop().post({ kind: 'command', id, command });
        const isOver = over.aborted || loop().state().phase.name === 'ended';
        if (isOver && waiting.has(id)) throw new ProspectError('PROTOCOL', 'the run is over');
        return await reply.promise;
      } finally {
        waiting.delete(id);
      }
    },
    answered({ id, command, answer }) {
      if (answer.isDone) log.info({ command }, `command ${command.command}: ${answer.says}`);
      else log.warn({ command }, `command ${command.command} refused: ${answer.says}`);
      // Before what comes of it.
      events.tell(commandEvent(command, answer));
      const reply = waiting.get(id);
      waiting.delete(id);
      recorded.then(() => reply?.resolve(answer), reply?.reject);
    },
    recording(done) {
      recorded = done;
    },
  };
}

function commandEvent(command: Command, answer: Answer): NewEvent {
  const { says } = answer;
  const given = { kind: 'command', ...command, says } as const;
  if (!answer.isDone) return { ...given, outcome: 'refused' };
  return { ...given, outcome: answer.obeys ? 'accepted' : 'unchanged', step: answer.step };
}
