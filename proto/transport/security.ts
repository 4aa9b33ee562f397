/**
 * Who may connect: mutual TLS between roles (core/roles.ts), and a token that all of a run share. Both are off on
 * loopback unless given; off loopback nothing starts without them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { PeerCertificate, SecureContextOptions, TlsOptions } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { ROLE_NAMES, type Role } from '../../core/roles.js';

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

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === 'localhost';
  return LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** Of a server that refuses whoever has no certificate of the run's authority. */
export function serverTls(tls: TlsFiles): TlsOptions {
  return { ...contextOf(tls), requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
}

/** Of a client; the server's role is checked in place of its host. */
export function clientTls(
  tls: TlsFiles,
  server: Role,
): SecureContextOptions & { servername: string; ALPNProtocols: string[] } {
  return { ...contextOf(tls), servername: ROLE_NAMES[server], ALPNProtocols: ['h2'] };
}

function contextOf({ ca, certificate, key }: TlsFiles): SecureContextOptions {
  return { ca, cert: certificate, key, minVersion: 'TLSv1.3' };
}

/** The same for a client of the gRPC library. */
export function channelSecurity({ tls }: Security, server: Role): [ChannelCredentials, ChannelOptions] {
  if (!tls) return [credentials.createInsecure(), {}];
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((text) => Buffer.from(text));
  return [credentials.createSsl(ca, key, certificate), { 'grpc.ssl_target_name_override': ROLE_NAMES[server] }];
}

/** A certificate of the run's authority is not enough: a worker's must not give commands. */
export function rolesOf({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): Role[] {
  const names = new Set(subjectaltname.split(', '));
  return (Object.keys(ROLE_NAMES) as Role[]).filter((role) => names.has(`DNS:${ROLE_NAMES[role]}`));
}

/** Value of the header `authorization`, of whoever has a token. */
export function authorization(token: string): string {
  return `Bearer ${token}`;
}

/** In a time that tells nothing about the token. @param header as received. */
export function isAuthorised(header: string | undefined, token: string): boolean {
  const [received, expected] = [header ?? '', authorization(token)].map((text) =>
    createHash('sha256').update(text).digest(),
  );
  return timingSafeEqual(received!, expected!);
}
