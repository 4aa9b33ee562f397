/** The JetStream stream of the events: made where it is not there, refused where it holds something else. */
import { JetStreamApiError, type JetStreamManager, StorageType } from '@nats-io/jetstream';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError } from '../../core/errors.js';
import { eventSubject } from '../../core/events/run-event.js';

const STREAM_NOT_FOUND = 10059;
const SUBJECTS_OVERLAP = 10065;
const NAME_IN_USE = 10058;

/** Of all runs. */
const SUBJECT = eventSubject('*', '*');

/** @throws CONFIG_INVALID when it is there with other subjects, or another stream has these. */
export async function ensureEventStream(manager: JetStreamManager, { stream }: NatsConfig): Promise<void> {
  const existing = await manager.streams.info(stream).catch((error: unknown) => {
    if (codeOf(error) !== STREAM_NOT_FOUND) throw error;
    return undefined;
  });
  if (existing) {
    checkSubjects(stream, existing.config.subjects ?? []);
    return;
  }
  try {
    await manager.streams.add({
      name: stream,
      subjects: [SUBJECT],
      storage: StorageType.File,
      description: 'Events of Prospect runs',
    });
  } catch (error) {
    const code = codeOf(error);
    // Another run has made it at the same moment.
    if (code === NAME_IN_USE) return ensureEventStream(manager, { stream } as NatsConfig);
    if (code !== SUBJECTS_OVERLAP) throw error;
    throw refused(stream, `it can't be made, because another stream has ${SUBJECT} already; name that one`);
  }
}

function checkSubjects(stream: string, subjects: readonly string[]): void {
  if (subjects.includes(SUBJECT)) return;
  const found = subjects.join(', ') || 'none';
  throw refused(stream, `it is there with other subjects (${found}); name another stream, or give it ${SUBJECT}`);
}

function refused(stream: string, what: string): ProspectError {
  return new ProspectError('CONFIG_INVALID', `nats.stream: ${stream}: ${what}`);
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}
