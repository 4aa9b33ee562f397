/** What `prospect certs` makes, as each role has it. */
import { issueCertificates } from '../../cli/certificates/issue.js';
import type { Role } from '../../core/roles.js';
import type { Security } from '../../proto/transport/security.js';

export type RunCertificates = (role: Role) => Required<Security>;

export async function runCertificates(token = 'run token'): Promise<RunCertificates> {
  const issued = await issueCertificates({ hosts: [], days: 1, nowMs: Date.now() });
  return (role) => ({ tls: { ca: issued.ca.certificate, ...issued[role] }, token });
}
