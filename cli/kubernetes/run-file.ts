/**
 * The run's configuration as its pods read it. What lies in the folder of run.yaml lies in the data claim there; what
 * the run writes goes to the coordinator's volume; secrets are files of Secrets.
 */
import { basename, isAbsolute, join, relative } from 'node:path';
import { stringify } from 'yaml';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { CONTROL_TOKEN, FOLDERS, OUTPUT } from './names.js';

/**
 * @param folder of run.yaml, absolute.
 * @throws CONFIG_INVALID for rows that come over HTTP, and for paths outside of `folder` that are not in the data claim either.
 */
export function runFile(config: RunConfig, folder: string): string {
  const outside: string[] = [];
  const inData = (field: string, path: string): string => {
    const inner = relative(folder, path);
    if (!inner.startsWith('..') && !isAbsolute(inner)) return join(FOLDERS.data, inner);
    if (path.startsWith(`${FOLDERS.data}/`)) return path;
    outside.push(`${field}: ${path}`);
    return path;
  };
  const rows = <Rows extends string | readonly string[] | number | undefined>(field: string, paths: Rows) =>
    typeof paths === 'string' ? inData(field, paths) : isList(paths) ? paths.map((path) => inData(field, path)) : paths;
  const { data, lora, nats } = config;
  if (data.source === 'http') {
    throw new ProspectError('CONFIG_INVALID', 'data.source: http: pods take no rows over HTTP; let them come by NATS');
  }
  const file = {
    ...config,
    model: inData('model', config.model),
    output: OUTPUT,
    data: { ...data, train: rows('data.train', data.train), heldOut: rows('data.heldOut', data.heldOut) },
    lora: lora.from === undefined ? lora : { ...lora, from: inData('lora.from', lora.from) },
    control: { tokenFile: join(FOLDERS.certs, CONTROL_TOKEN) },
    ...(nats && { nats: natsFiles(nats) }),
    // A flag of the pods says where they listen.
    metrics: undefined,
  };
  if (outside.length > 0) throw notInTheClaim(outside, folder);
  return stringify(file, { lineWidth: 0 });
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

/** Files by their names alone, from the Secret of NATS. */
function natsFiles(nats: NonNullable<RunConfig['nats']>) {
  const moved = (path: string | undefined) => path && join(FOLDERS.nats, basename(path));
  const { credentials, tls } = nats;
  const files = tls && { ca: moved(tls.ca), cert: moved(tls.cert), key: moved(tls.key) };
  return { ...nats, credentials: moved(credentials), ...(tls && { tls: { ...tls, ...files } }) };
}

function notInTheClaim(outside: readonly string[], folder: string): ProspectError {
  return new ProspectError(
    'CONFIG_INVALID',
    `pods cannot see\n  ${outside.join('\n  ')}\nTheir ${FOLDERS.data} is the data claim (--data-claim), with the files of ` +
      `${folder}. Put these there, or write them as ${FOLDERS.data}/…`,
  );
}
