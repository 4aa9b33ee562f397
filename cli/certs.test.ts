import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ROLE_NAMES, ROLES } from '../core/roles.js';
import { rolesOf } from '../proto/transport/security.js';
import { certsCommand } from './certs.js';
import { loadSecurity, requireSecurity } from './security.js';

let folder: string;
let certs: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-certs-'));
  certs = join(folder, 'certs');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const make = (...flags: string[]) => certsCommand().parseAsync(['--output', certs, ...flags], { from: 'user' });

it('certs makes an authority that signed a certificate for each role, good for as many days as asked', async () => {
  await make('--host', 'train.example.com', '--host', '10.0.0.5', '--days', '7');
  const ca = new X509Certificate(await readFile(join(certs, 'ca.pem')));
  expect(ca.ca).toBe(true);
  for (const role of ROLES) {
    const certificate = new X509Certificate(await readFile(join(certs, `${role}.pem`)));
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(rolesOf({ subjectaltname: certificate.subjectAltName ?? '' })).toEqual([role]);
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
  }
  const coordinator = new X509Certificate(await readFile(join(certs, 'coordinator.pem')));
  expect(coordinator.checkHost('train.example.com')).toBe('train.example.com');
  expect(coordinator.checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(coordinator.checkHost(ROLE_NAMES.worker)).toBeUndefined();
});

it('keys and the token are for their owner alone, and never the same twice', async () => {
  await make();
  for (const name of ['ca.key', ...ROLES.map((role) => `${role}.key`), 'run.token']) {
    expect((await stat(join(certs, name))).mode & 0o077).toBe(0);
  }
  const token = await readFile(join(certs, 'run.token'), 'utf8');
  certs = join(folder, 'others');
  await make();
  expect(await readFile(join(certs, 'run.token'), 'utf8')).not.toBe(token);
});

it('certs replaces nothing', async () => {
  await make();
  await expect(make()).rejects.toThrow(/exists already/);
});

it('a folder of certificates is read for one role, and what is missing or empty in it is named', async () => {
  await make();
  const { tls, token } = await loadSecurity(certs, 'worker');
  expect(rolesOf({ subjectaltname: new X509Certificate(tls!.certificate).subjectAltName ?? '' })).toEqual(['worker']);
  expect(token).toMatch(/^[\w-]{43}$/);
  await writeFile(join(certs, 'run.token'), '\n');
  await expect(loadSecurity(certs, 'worker')).rejects.toThrow(/run\.token is empty.*prospect certs/);
  await rm(join(certs, 'worker.key'));
  await expect(loadSecurity(certs, 'worker')).rejects.toThrow(/worker\.key can't be read/);
  expect(await loadSecurity(undefined, 'worker')).toEqual({});
});

it('nothing listens beyond this machine without certificates', async () => {
  expect(() => requireSecurity('--listen', '0.0.0.0', {})).toThrow(/prospect certs --output certs/);
  expect(() => requireSecurity('--listen', '0.0.0.0', { token: 'alone' })).toThrow(/certificates/);
  expect(() => requireSecurity('--listen', '127.0.0.1', {})).not.toThrow();
  await make();
  const security = await loadSecurity(certs, 'coordinator');
  expect(() => requireSecurity('--listen', '0.0.0.0', security)).not.toThrow();
});
