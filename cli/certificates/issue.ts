/** A small certificate authority, and one certificate for each role of a run (core/roles.ts). ECDSA P-256 throughout. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { ROLE_NAMES, ROLES, type Role } from '../../core/roles.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** Clocks of machines differ: a certificate made now must be good on a machine whose clock is behind. */
const BACKDATED_MS = 3_600_000;
/** Node and browsers take names and addresses of this machine as any other. */
const OWN_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** Both in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Names and addresses under which browsers reach the coordinator's page. */
  readonly hosts: readonly string[];
  readonly days: number;
  readonly nowMs: number;
}

export type IssuedAll = Readonly<Record<'ca' | Role, Issued>>;

export async function issueCertificates(options: IssueOptions): Promise<IssuedAll> {
  const keys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(options),
    serialNumber: serialNumber(),
    name: 'CN=Prospect run CA',
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const issued = ROLES.map(async (role) => [role, await issue(role, authority, keys.privateKey, options)] as const);
  const ca = { certificate: authority.toString('pem'), key: await pemOf(keys.privateKey) };
  return { ca, ...(Object.fromEntries(await Promise.all(issued)) as Record<Role, Issued>) };
}

async function issue(
  role: Role,
  authority: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  options: IssueOptions,
): Promise<Issued> {
  const keys = await newKeys();
  const hosts = role === 'coordinator' ? [...new Set([...OWN_HOSTS, ...options.hosts])] : [];
  const names = [ROLE_NAMES[role], ...hosts];
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(options),
    serialNumber: serialNumber(),
    subject: `CN=${ROLE_NAMES[role]}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // Workers are each other's servers and clients.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority, false),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function validity({ days, nowMs }: IssueOptions) {
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** 127 random bits: positive, and never twice. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0]! = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
