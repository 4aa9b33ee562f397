/**
 * Rows that cannot be used, each once: as they came, on a subject of their own, with the reason beside them. The subject
 * must be empty when one is published, so that a coordinator that is started again adds none, however much later.
 */
import { JetStreamApiError, type JetStreamManager, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { RowProblem } from '../dataset/feedback-row.js';

export interface DeadLetters {
  /** Resolves when it is there. */
  publish(message: JsMsg, problem: RowProblem, generation: number): Promise<void>;
}

export interface DeadLetterNames {
  readonly stream: string;
  /** Begin of their subjects. */
  readonly subject: string;
}

/** JetStream's codes for: another message is the last one of this subject. */
const WRONG_LAST = [10070, 10071];
const NAME_IN_USE = 10058;
const ACKNOWLEDGED_WITHIN_MS = 5_000;
/** What a header may hold: no line ends, and no more than a person reads. */
const LONGEST_DETAIL = 500;

/** Where no stream keeps them, one is made. */
export async function openDeadLetters(connection: NatsConnection, names: DeadLetterNames): Promise<DeadLetters> {
  await ensureStream(await jetstreamManager(connection), names);
  const client = jetstream(connection);
  return {
    async publish(message, { reason, detail }, generation) {
      const id = generation === 0 ? `${message.seq}` : `${message.seq}-${generation}`;
      const told = headers();
      told.set('Prospect-Reason', oneLine(reason));
      told.set('Prospect-Detail', oneLine(detail));
      told.set('Prospect-Stream', names.stream);
      told.set('Prospect-Subject', message.subject);
      told.set('Prospect-Sequence', String(message.seq));
      const options = {
        msgID: `${names.stream}:${id}`,
        expect: { lastSubjectSequence: 0 },
        headers: told,
        timeout: ACKNOWLEDGED_WITHIN_MS,
      };
      await client.publish(`${names.subject}.${id}`, message.data, options).catch((error: unknown) => {
        // An earlier coordinator has published it.
        if (!(error instanceof JetStreamApiError) || !WRONG_LAST.includes(error.code)) throw error;
      });
    },
  };
}

async function ensureStream(manager: JetStreamManager, { stream, subject }: DeadLetterNames): Promise<void> {
  const probe = `${subject}.1`;
  const found = await manager.streams.find(probe).catch(() => undefined);
  if (found !== undefined) return;
  const name = `${stream}_DEAD`;
  const description = `Rows of ${stream} that Prospect cannot use`;
  await manager.streams.add({ name, subjects: [`${subject}.>`], description }).catch((error: unknown) => {
    // Another run has made it at the same moment.
    if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, LONGEST_DETAIL);
}
