/** The configuration's part about rows that come while the run goes on, over NATS or HTTP. */
import { z } from 'zod';

/** Letters of a name of JetStream's; dots part it where it is a subject. */
const streamName = z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -');
const subject = z.string().regex(/^[^\s.]+(\.[^\s.]+)*$/, 'expected names with dots between them');
const plainSubject = z
  .string()
  .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'expected names with dots between them, no wildcards');
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected host:port, for instance 127.0.0.1:7710');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');

/** Fields of `data`. Those of the other sources are refused, see live-checks.ts. */
export const LIVE_FIELDS = {
  source: z
    .enum(['files', 'nats', 'http'])
    .default('files')
    .describe('Where rows come from: files, or live from a JetStream stream or an HTTP endpoint of the coordinator.'),
  stream: streamName.optional().describe('Of source nats: the JetStream stream that rows are published to.'),
  subject: subject.optional().describe('Of source nats: subject of the rows in it; wildcards are allowed.'),
  deadLetters: plainSubject
    .optional()
    .describe(
      'Of source nats: rows that cannot be used go to <deadLetters>.<sequence> with the reason; prospect.dead.<stream> when left out.',
    ),
  listen: address.optional().describe('Of source http: host:port where rows are POSTed; port 0 takes any free one.'),
  tokenVariable: variable
    .optional()
    .describe('Of source http: environment variable with the token that senders must have; required off loopback.'),
  rowsPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Of source http: rows taken a second, on average over ten; 1000 when left out.'),
  minOfEachClass: z
    .int()
    .nonnegative()
    .optional()
    .describe('Of live rows: a batch has so many rows of each class at least, and waits for them; 1 when left out.'),
  maxWaitSeconds: z
    .number()
    .positive()
    .optional()
    .describe(
      'Of live rows: a smaller batch than training.globalBatch is made of what is there after so long; 60 when left out.',
    ),
} as const;

export type LiveSource = 'nats' | 'http';
