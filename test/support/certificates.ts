/** An authority and a server certificate for localhost, made by openssl. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** @param name of the authority's files; two of them share nothing. */
export function makeCertificates(folder: string, name = 'ca'): Certificates {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', `/CN=Test authority ${name}`);
  openssl(
    ...['req', '-x509', ...key, '-keyout', at('key.pem'), '-out', at('cert.pem'), '-subj', '/CN=localhost'],
    ...['-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
}
