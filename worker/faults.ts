/**
 * Faults on order, for tests of recovery: PROSPECT_TEST_FAULT names what this process does to itself, and when, such as
 * `kill@gradients:3` (at the begin of a phase of step 3), `stop@leaf:2` (after a leaf of step 2 is computed) or
 * `corrupt@leaf:4` (one bit of a leaf's gradient). A worker that is not there for that step strikes in the first one
 * after it. Several are separated by commas; each happens once. Nothing happens when the variable is not set.
 */
import { ProspectError } from '../core/errors.js';

/** Where a fault can strike: the begin of a phase, or a moment that a test of recovery cares about. */
const FAULT_POINTS = [
  'loading',
  'mismatched',
  'gradients',
  'leaf',
  'reducing',
  'reduced',
  'applying',
  'applied',
  'healing',
  'healed',
  'observing',
  'scoring',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

const ACTIONS = ['kill', 'stop', 'corrupt'] as const;
const PATTERN = new RegExp(`^(${ACTIONS.join('|')})@(${FAULT_POINTS.join('|')}):(\\d+)$`);

interface Fault {
  readonly action: (typeof ACTIONS)[number];
  readonly point: FaultPoint;
  readonly step: number;
}

export interface Faults {
  /** Kills or stops the process when that is due. @returns whether the result at hand is to be corrupted. */
  strike(point: FaultPoint, step: number): boolean;
}

/** @throws CONFIG_INVALID for what is no fault. */
export function parseFaults(text: string, signal: (name: 'SIGKILL' | 'SIGSTOP') => void): Faults {
  const left = text === '' ? [] : text.split(',').map(parseFault);
  return {
    strike(point, step) {
      const index = left.findIndex((fault) => fault.point === point && fault.step <= step);
      if (index < 0) return false;
      const [{ action }] = left.splice(index, 1) as [Fault];
      if (action === 'corrupt') return true;
      signal(action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      return false;
    },
  };
}

export const faults = parseFaults(process.env.PROSPECT_TEST_FAULT ?? '', (name) => process.kill(process.pid, name));

/** Flips the lowest bit of the first element. */
export function flipBit(values: SharedArrayBuffer): void {
  new Uint8Array(values)[0]! ^= 1;
}

function parseFault(text: string): Fault {
  const [, action, point, step] = PATTERN.exec(text) ?? [];
  if (step === undefined) {
    const known = `${ACTIONS.join(', ')} at ${FAULT_POINTS.join(', ')}`;
    throw new ProspectError(
      'CONFIG_INVALID',
      `PROSPECT_TEST_FAULT: "${text}" is no fault. Known are ${known}: kill@leaf:3.`,
    );
  }
  return { action: action as Fault['action'], point: point as FaultPoint, step: Number(step) };
}
