/**
 * Who may connect: mutual TLS between roles (core/roles.ts), and a token that all of a run share. Both are off on
 * loopback unless given; off loopback nothing starts without them.
 */
import type { ConnectionOptions, PeerCertificate, SecureContextOptions, TlsOptions } from 'node:tls';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { ProspectError } from '../../core/errors.js';
import { ROLE_NAMES, type Role } from '../../core/roles.js';
import { isSameSecret } from '../../core/same-secret.js';

/** Plain data, so that it can be passed to a thread. */
export interface Security {
  /** PEM texts. */
  readonly tls?: TlsFiles;
  readonly token?: string;
}

export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Of a server that refuses whoever has no certificate of the run's authority. */
export function serverTls(tls: TlsFiles): TlsOptions {
  return { ...contextOf(tls), requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
}

/** Of a client; the server's role is checked in place of its host. */
export function clientTls(tls: TlsFiles, servers: readonly Role[]): ConnectionOptions {
  return { ...contextOf(tls), checkServerIdentity: identityCheck(servers), ALPNProtocols: ['h2'] };
}

function contextOf({ ca, certificate, key }: TlsFiles): SecureContextOptions {
  return { ca, cert: certificate, key, minVersion: 'TLSv1.3' };
}

/** The same for a client of the gRPC library. */
export function channelSecurity({ tls }: Security, servers: readonly Role[]): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((text) => Buffer.from(text));
  return credentials.createSsl(ca, key, certificate, { checkServerIdentity: identityCheck(servers) });
}

function identityCheck(servers: readonly Role[]) {
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const roles = rolesOf(certificate);
    if (roles.some((role) => servers.includes(role))) return undefined;
    const shown = roles.length === 0 ? 'of no role of a run' : `of a ${roles.join(' and ')}`;
    return new ProspectError(
      'ACCESS_DENIED',
      `${host} showed a certificate ${shown}, not of a ${servers.join(' or ')}`,
    );
  };
}

/** A certificate of the run's authority is not enough: a worker's must not give commands. */
export function rolesOf({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): Role[] {
  const names = new Set(subjectaltname.split(', '));
  return (Object.keys(ROLE_NAMES) as Role[]).filter((role) => names.has(`DNS:${ROLE_NAMES[role]}`));
}

/** Headers of a call: its token, for whoever has one. */
export function callHeaders({ token }: Security): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** @param header as received. */
export function isAuthorised(header: string | undefined, token: string): boolean {
  return isSameSecret(header ?? '', `Bearer ${token}`);
}
