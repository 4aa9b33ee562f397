/** What a person wants of a running run: stop, pause, go on, a snapshot now. */
import { endRun } from './ending.js';
import type { CommandEvent } from './events.js';
import { type Turn, update } from './turn.js';

export function takeCommand(turn: Turn, { command, reason }: CommandEvent): void {
  const { commands, snapshots } = turn.state;
  switch (command) {
    case 'pause':
      update(turn, { commands: { ...commands, isHeld: true } });
      return;
    case 'resume':
      update(turn, { commands: { ...commands, isHeld: false } });
      return;
    case 'snapshot':
      update(turn, { snapshots: { ...snapshots, isWanted: true } });
      return;
    case 'stop':
      update(turn, { commands: { ...commands, stop: reason } });
  }
}

/** Stops at once: the step at work is given up, unless it is being committed. */
export function obeyStop(turn: Turn): void {
  const { commands, phase, work } = turn.state;
  if (commands.stop === undefined || work?.stage === 'journaling') return;
  if (phase.name === 'stopping' || phase.name === 'ended') return;
  endRun(turn, { kind: 'stopped', reason: commands.stop });
}

/** Between two steps: pauses, and goes on. */
export function obeyPause(turn: Turn): void {
  const { commands, phase, work } = turn.state;
  if (phase.name === 'training' && commands.isHeld && !work) update(turn, { phase: { name: 'held' } });
  if (phase.name === 'held' && !commands.isHeld) update(turn, { phase: { name: 'training' } });
}
