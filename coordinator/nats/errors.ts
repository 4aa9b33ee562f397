/** What NATS refuses, in words that say what to put right. What may pass by itself is UNREACHABLE, and is tried again. */
import { JetStreamApiError } from '@nats-io/jetstream';
import { AuthorizationError, UserAuthenticationExpiredError } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { isErrnoError, ProspectError } from '../../core/errors.js';

/** JetStream's codes for an account that may not use it. */
const JETSTREAM_NOT_ENABLED = [10039, 10076];

export function natsError(thrown: unknown, nats: NatsConfig): ProspectError {
  if (thrown instanceof ProspectError) return thrown;
  const where = `nats: ${[nats.servers].flat().join(', ')}`;
  for (const cause of causesOf(thrown)) {
    const refusal = refusalOf(cause, nats);
    if (refusal) return new ProspectError('CONFIG_INVALID', `${where}: ${refusal}`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ProspectError('UNREACHABLE', `${where}: ${message}`, { cause: thrown });
}

function refusalOf(thrown: unknown, { credentials, userVariable, tokenVariable, tls }: NatsConfig): string | undefined {
  if (thrown instanceof AuthorizationError || thrown instanceof UserAuthenticationExpiredError) {
    if (credentials) return `the server does not accept the credentials in ${credentials} (nats.credentials)`;
    if (userVariable) return 'wrong user or password; look at the variables that nats names';
    if (tokenVariable) return 'wrong token; look at the variable that nats.tokenVariable names';
    return 'the server wants a login; give nats.credentials, nats.userVariable and passwordVariable, or tokenVariable';
  }
  if (thrown instanceof JetStreamApiError && JETSTREAM_NOT_ENABLED.includes(thrown.code)) return noJetStream();
  // Its class is not exported.
  if (thrown instanceof Error && thrown.name === 'JetStreamNotEnabled') return noJetStream();
  if (!isErrnoError(thrown)) return undefined;
  return certificateRefusal(thrown, tls);
}

function noJetStream(): string {
  return 'the server, or this account on it, has no JetStream; start it with -js, or enable it for the account';
}

function certificateRefusal({ code, message }: NodeJS.ErrnoException, tls: NatsConfig['tls']): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the server’s certificate is for another name: ${message}`;
  const isUnknown = /UNABLE_TO_(VERIFY|GET_ISSUER)|SELF_SIGNED|CERT_/.test(code ?? '');
  if (isUnknown && !code!.startsWith('ERR_SSL')) {
    const remedy = tls?.ca
      ? `it is not signed by what is in ${tls.ca} (nats.tls.ca)`
      : 'name its authority in nats.tls.ca';
    return `the server’s certificate is not trusted: ${remedy} (${message})`;
  }
  if (/ERR_SSL.*(CERTIFICATE|HANDSHAKE)/.test(code ?? '')) {
    return `the server refuses our certificate; look at nats.tls.cert and nats.tls.key (${message})`;
  }
  return undefined;
}

function* causesOf(thrown: unknown): Generator<unknown> {
  for (let at = thrown; at !== undefined && at !== null; at = (at as { cause?: unknown }).cause) yield at;
}
