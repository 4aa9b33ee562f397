/** Who holds a lease. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { processStart } from './process-start.js';

export const HolderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Tells processes with the same pid apart; '' where the system doesn't say. */
  processStart: z.string(),
  /** ISO 8601. */
  since: z.string(),
  nonce: z.string(),
});

export type Holder = z.output<typeof HolderSchema>;

/** This process; another one each time. */
export async function newHolder(nowMs: number): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    processStart: (await processStart(process.pid)) ?? '',
    since: new Date(nowMs).toISOString(),
    nonce: randomBytes(8).toString('hex'),
  };
}

/** For people. */
export function nameOfHolder({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}

/** undefined for what is none. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return HolderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
