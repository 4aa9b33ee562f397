/** An operator, an account with JetStream and a user with credentials, as `nsc` makes them, for a server in operator mode. */
import { createHash } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

export interface Account {
  /** For the server's configuration file. */
  readonly settings: string;
  /** Text of the user's .creds file. */
  readonly credentials: string;
}

const NO_LIMITS = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = { ...NO_LIMITS, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
const JETSTREAM_LIMITS = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

export function createAccount(): Account {
  const [operator, system, account, user] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ] as const;
  const systemId = system.getPublicKey();
  const accountId = account.getPublicKey();
  const operatorJwt = sign(operator, operator, { type: 'operator', system_account: systemId });
  const systemJwt = sign(system, operator, { type: 'account', limits: ACCOUNT_LIMITS });
  const accountJwt = sign(account, operator, { type: 'account', limits: { ...ACCOUNT_LIMITS, ...JETSTREAM_LIMITS } });
  const userJwt = sign(user, account, { type: 'user', ...NO_LIMITS });
  const seed = new TextDecoder().decode(user.getSeed());
  return {
    settings: `
      operator: ${operatorJwt}
      system_account: ${systemId}
      resolver: MEMORY
      resolver_preload: { ${systemId}: ${systemJwt}, ${accountId}: ${accountJwt} }`,
    credentials: `${armoured('NATS USER JWT', userJwt)}\n${armoured('USER NKEY SEED', seed)}`,
  };
}

function sign(subject: KeyPair, issuer: KeyPair, claims: object): string {
  const body = {
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'test',
    nats: { version: 2, ...claims },
  };
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const text = `${encoded({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encoded({ jti, ...body })}`;
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function armoured(what: string, text: string): string {
  return `-----BEGIN ${what}-----\n${text}\n------END ${what}------\n`;
}
