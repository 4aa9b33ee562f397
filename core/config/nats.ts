/** The configuration's part about NATS. Secrets never stand in the file: it names files and environment variables. */
import { z } from 'zod';

const path = z.string().min(1);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const server = z
  .string()
  .regex(/^((nats|tls):\/\/)?[^\s/@]+$/, 'expected host:port, nats://host:port or tls://host:port, without a password');

/** 64 MiB are about 40,000 steps. */
const EVENTS_LIMIT_MIB = 64;

export const NatsSchema = z
  .strictObject({
    servers: z
      .union([server, z.array(server).min(1)])
      .describe('host:port of one server of the cluster, or of several.'),
    credentials: path.optional().describe('Credentials file (.creds), for servers with accounts.'),
    userVariable: variable.optional().describe('Environment variable that holds the user name.'),
    passwordVariable: variable.optional().describe('Environment variable that holds the password.'),
    tokenVariable: variable.optional().describe('Environment variable that holds a token.'),
    tls: z
      .strictObject({
        ca: path.optional().describe('PEM file of the authority that signed the server’s certificate.'),
        cert: path.optional().describe('PEM file of our certificate, for servers that ask for one.'),
        key: path.optional().describe('PEM file of its key.'),
      })
      .optional()
      .describe('Certificates; without them a TLS server must have one that the system trusts.'),
    stream: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -')
      .default('PROSPECT_EVENTS')
      .describe('JetStream stream of the events of all runs (prospect.*.events.*); made when it is not there.'),
    leases: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -')
      .optional()
      .describe(
        'Key-value bucket in which coordinators of one run, on any machines that share its output folder, agree on who leads; made when it is not there. Without it the lock in the folder decides.',
      ),
    artifacts: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -')
      .optional()
      .describe('JetStream object store bucket to which published adapters go; made when it is not there.'),
    eventsLimitMiB: z
      .int()
      .positive()
      .default(EVENTS_LIMIT_MIB)
      .describe(
        'Longest events.jsonl: events that NATS could not take by then are dropped, oldest first, and counted.',
      ),
  })
  .describe('NATS JetStream, to which the run’s events go. Without it they are in events.jsonl alone.');

export type NatsConfig = z.output<typeof NatsSchema>;

/** Of a run without NATS. */
export const DEFAULT_EVENTS_LIMIT_MIB = EVENTS_LIMIT_MIB;
