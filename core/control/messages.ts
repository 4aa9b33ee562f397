/**
 * Steering a run over NATS: JSON requests on `prospect.<run>.control`, and what is replied. For TypeScript:
 * `import { ControlRequestSchema, ControlReplySchema } from 'prospect/control'`.
 */
import { z } from 'zod';
import { RunStatusSchema } from './run-status.js';

/** Counts changes that the other side must know of. */
export const CONTROL_VERSION = 1;

/** Longer requests are refused unread. */
export const LARGEST_REQUEST_BYTES = 64 * 1024;

const workerCount = z.int().positive().optional().describe('Stays as it is when left out.');

/** Strict: a request with a misspelt field must not be obeyed without it. */
function request<Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) {
  return z.strictObject({
    version: z.literal(CONTROL_VERSION),
    token: z.string().describe('The run’s control token.'),
    command: z.literal(name),
    ...shape,
  });
}

export const ControlRequestSchema = z.discriminatedUnion('command', [
  request('status', {}),
  request('pause', {}),
  request('resume', {}),
  request('snapshot', {}),
  request('evaluate', {}),
  request('stop', { snapshot: z.boolean().default(true).describe('With a last one.') }),
  request('workers', { min: workerCount, max: workerCount }),
  request('learningRate', {
    learningRate: z.number().positive().describe('The peak, to which the schedule is applied.'),
    fromStep: z.int().positive().optional().describe('The first step that can still be changed when left out.'),
  }),
]);

const version = z.literal(CONTROL_VERSION);

/** Of a status, of a command that will be obeyed, and of anything that is refused. */
export const ControlReplySchema = z.union([
  z.object({ version, status: RunStatusSchema }),
  z.object({
    version,
    acknowledged: z.object({
      says: z.string().describe('What will happen, and when.'),
      step: z.int().nonnegative().describe('The step after which, or from which on.'),
    }),
  }),
  z.object({
    version,
    error: z.object({ code: z.string().describe('ACCESS_DENIED, CONFIG_INVALID, PROTOCOL …'), message: z.string() }),
  }),
]);

export type ControlRequest = z.output<typeof ControlRequestSchema>;
export type ControlReply = z.output<typeof ControlReplySchema>;

/** What is wanted of the run, without who wants it. */
export type GivenCommand = WithoutEnvelope<Exclude<ControlRequest, { command: 'status' }>>;
type WithoutEnvelope<Request> = Request extends ControlRequest ? Omit<Request, 'version' | 'token'> : never;

export function controlSubject(run: string): string {
  return `prospect.${run}.control`;
}
