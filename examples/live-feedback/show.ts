/** The example's words in the terminal. */
import type { PublishedAdapter } from '../../client/follow-adapters.js';

export const INTRODUCTION = `
Prospect, live: a product learns from its customers while it serves them.

A small support assistant answers pretend customers, politely about half of the time. Each answer gets a thumb, which goes to
a JetStream stream; a run trains on thumbs as they come, and publishes its adapter every few steps. The product takes each
version that passes the gate, and its answers, and so its thumbs, become better.
`;

/** Customers that a version answered. */
export interface Served {
  answers: number;
  thumbsUp: number;
}

/** undefined: the base model. */
export interface Shown {
  readonly adapter: PublishedAdapter | undefined;
  readonly served: Served;
}

export function versionLine({ version, step, evaluation }: PublishedAdapter): string {
  const margin = figure(evaluation?.['rewards/margins']);
  return `Version ${version}, after step ${step}: held-out margin ${margin}, loss ${figure(evaluation?.loss)}`;
}

export function table(rows: readonly Shown[]): string[] {
  const lines = rows.map(({ adapter, served }) => {
    const { evaluation } = adapter ?? {};
    const cells = [
      adapter ? String(adapter.version) : 'base',
      String(adapter?.step ?? 0),
      figure(adapter ? evaluation?.['rewards/margins'] : 0),
      figure(adapter ? evaluation?.loss : undefined),
      served.answers === 0 ? '-' : `${Math.round((100 * served.thumbsUp) / served.answers)} % of ${served.answers}`,
    ];
    return line(cells);
  });
  return [line(['version', 'step', 'held-out margin', 'held-out loss', 'thumbs up']), ...lines];
}

function line(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(16)).join('');
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(3);
}
