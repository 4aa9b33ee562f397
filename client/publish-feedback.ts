/**
 * What a product imports to send its thumbs to a run: `import { publishFeedback } from 'prospect/feedback'`. Each row has an
 * id, so that one that is sent again after a lost answer counts once.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A text, or a conversation for the model's own chat template. */
export type FeedbackText = string | readonly ChatMessage[];

/** One answer and what somebody thought of it; or two, of which one was better. */
export type Feedback =
  | {
      readonly prompt: FeedbackText;
      readonly completion: FeedbackText;
      /** true: thumbs up. */
      readonly label: boolean;
    }
  | { readonly prompt?: FeedbackText; readonly chosen: FeedbackText; readonly rejected: FeedbackText };

export interface PublishOptions {
  /**
   * The same for the same row, as the id of its vote, where a product that was restarted may send it again. It counts within
   * the stream's duplicate window (2 minutes, if nobody has set another). A random one when left out.
   */
  readonly id?: string;
}

export interface PublishedFeedback {
  readonly id: string;
  /** Of the row in the stream: what events and dead letters name it by. */
  readonly sequence: number;
  /** It was there already. */
  readonly duplicate: boolean;
}

const ACKNOWLEDGED_WITHIN_MS = 5_000;
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 200;
/** From here on JetStream’s status says that another try may go well. */
const SERVER_TROUBLE = 500;

/**
 * Resolves when the stream has the row. While NATS is away it tries again for some seconds.
 * @param connection of @nats-io/transport-node, or of another transport of the same family.
 * @param subject that the run reads (`data.subject`).
 * @throws what NATS says: no stream takes the subject, the row is too large, nobody answers.
 */
export async function publishFeedback(
  connection: NatsConnection,
  subject: string,
  row: Feedback,
  { id = randomUUID() }: PublishOptions = {},
): Promise<PublishedFeedback> {
  const text = JSON.stringify(row);
  const options = { msgID: id, timeout: ACKNOWLEDGED_WITHIN_MS };
  for (let attempt = 1; ; attempt++) {
    try {
      const { seq: sequence, duplicate } = await jetstream(connection).publish(subject, text, options);
      return { id, sequence, duplicate };
    } catch (error) {
      if (attempt === ATTEMPTS || connection.isClosed() || isRefusal(error)) throw error;
      await delay(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

/** What it would say again. */
function isRefusal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status < SERVER_TROUBLE;
  return error instanceof errors.InvalidArgumentError;
}
