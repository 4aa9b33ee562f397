/** Certificates by cert-manager: an authority of the run's own, so that no other certificate of the cluster lets anybody in. */
import { ROLE_NAMES, ROLES, type Role } from '../../core/roles.js';
import { labelsOf, namesOf } from './names.js';
import type { ClusterOptions } from './options.js';

const API = 'cert-manager.io/v1';
const KEY = { algorithm: 'ECDSA', size: 256 } as const;

export function certificateObjects({ name }: ClusterOptions): object[] {
  const authority = `${name}-ca`;
  const selfSigned = `${name}-self-signed`;
  return [
    issuer(name, selfSigned, { selfSigned: {} }),
    certificate(name, authority, {
      isCA: true,
      commonName: `Prospect ${name}`,
      secretName: authority,
      privateKey: KEY,
      issuerRef: { name: selfSigned, kind: 'Issuer' },
    }),
    issuer(name, authority, { ca: { secretName: authority } }),
    ...ROLES.map((role) => certificate(name, namesOf(name).certs(role), ofRole(name, role, authority))),
  ];
}

function ofRole(name: string, role: Role, authority: string): object {
  return {
    secretName: namesOf(name).certs(role),
    commonName: ROLE_NAMES[role],
    // Both ends of a connection check the role; hosts are not known beforehand, and stand for nothing.
    dnsNames: [ROLE_NAMES[role]],
    usages: ['digital signature', 'server auth', 'client auth'],
    privateKey: KEY,
    issuerRef: { name: authority, kind: 'Issuer' },
  };
}

function issuer(run: string, name: string, spec: object): object {
  return { apiVersion: API, kind: 'Issuer', metadata: { name, labels: labelsOf(run) }, spec };
}

function certificate(run: string, name: string, spec: object): object {
  return { apiVersion: API, kind: 'Certificate', metadata: { name, labels: labelsOf(run) }, spec };
}
