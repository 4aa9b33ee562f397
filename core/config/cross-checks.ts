/** Mistakes that no field has alone: two settings that contradict each other. One line each, with the path. */
import { checkSource } from './live-checks.js';
import { RunConfigSchema } from './schema.js';
import { type Tree, valueAt } from './tree.js';

const DEFAULTS = RunConfigSchema.parse({ model: '-', output: '-', data: { train: '-' } });

/** Looks at the values as written, so that it finds its mistakes beside those of single fields. */
export function crossCheck(written: Tree): string[] {
  const at = (path: string) => valueAt(written, path) ?? valueAt(DEFAULTS, path);
  const all = [
    batchOfOne,
    loraForFull,
    sftTwice,
    rotatedForGood,
    evaluationOfNothing,
    heldOutInTraining,
    overBase,
    workersInOrder,
    publication,
    natsLogin,
    samplesOfNothing,
  ];
  return [...checkSource(written), ...all.flatMap((check) => check(at)).filter((mistake) => mistake !== undefined)];
}

type Lookup = (path: string) => unknown;

function batchOfOne(at: Lookup): string | undefined {
  if (at('loss.type') !== 'kto' || at('training.globalBatch') !== 1) return undefined;
  return (
    'training.globalBatch: 1 cannot be used with loss.type kto: the reference point pairs each prompt with another ' +
    'row’s completion, and a batch of one row has no other; take 2 or more (8 to 128 advised), or another loss.type'
  );
}

function loraForFull(at: Lookup): string | undefined {
  if (at('method') !== 'full' || at('lora.from') === undefined) return undefined;
  return 'lora.from: continues an adapter, but method is full; set method: lora, or merge the adapter into the model first';
}

function sftTwice(at: Lookup): string | undefined {
  const weight = at('loss.sftWeight');
  if (at('loss.type') !== 'sft' || typeof weight !== 'number' || weight === 0) return undefined;
  return 'loss.sftWeight: adds the sft loss to another one, but loss.type is sft already; leave it out';
}

function rotatedForGood(at: Lookup): string | undefined {
  if (at('data.pairing') !== 'rotate' || at('data.pairs') !== 'fixed') return undefined;
  return (
    'data.pairs: fixed draws each row’s pair among all rows, but data.pairing rotate takes the row before it in each ' +
    'batch; leave one of them out'
  );
}

function evaluationOfNothing(at: Lookup): string | undefined {
  if (at('evaluation.everySteps') === undefined || at('data.heldOut') !== 0) return undefined;
  return 'evaluation.everySteps: there are no held-out rows to evaluate; set data.heldOut to a share (0.1) or to files';
}

function heldOutInTraining(at: Lookup): string[] {
  const files = (path: string) => [at(path)].flat().filter((file) => typeof file === 'string');
  const training = new Set(files('data.train'));
  return files('data.heldOut')
    .filter((file) => training.has(file))
    .map((file) => `data.heldOut: ${file} is in data.train too; held-out rows must not be trained on`);
}

function overBase(at: Lookup): string | undefined {
  const model = at('model');
  if (typeof model !== 'string' || model !== at('output')) return undefined;
  return `output: ${model} is the base model’s folder, which would be overwritten; name another folder`;
}

function publication(at: Lookup): string[] {
  if (at('publish') === undefined) return [];
  const mistakes: string[] = [];
  if (at('method') === 'full') {
    mistakes.push('publish: adapters are published, but method is full; take lora, or leave it out');
  }
  if (at('publish.gate') !== undefined && at('data.heldOut') === 0) {
    mistakes.push(
      'publish.gate: there are no held-out rows to judge by; set data.heldOut to a share (0.1) or to files',
    );
  }
  return mistakes;
}

function workersInOrder(at: Lookup): string | undefined {
  const given = (name: string) => at(`workers.${name}`) as number | undefined;
  const [min, max] = [given('min') ?? 1, given('max') ?? Number.POSITIVE_INFINITY];
  if (min > max) return `workers.max: ${max} is less than workers.min (${min}): the run could never begin`;
  const start = given('start');
  if (start === undefined || (start >= min && start <= max)) return undefined;
  return `workers.start: ${start} does not lie between workers.min (${min}) and workers.max (${max})`;
}

function samplesOfNothing(at: Lookup): string | undefined {
  if (at('samples') === undefined) return undefined;
  if (at('snapshots.everySteps') !== undefined || at('snapshots.everyMinutes') !== undefined) return undefined;
  return 'samples: they are made of snapshots; set snapshots.everySteps or snapshots.everyMinutes';
}

function natsLogin(at: Lookup): string[] {
  const has = (name: string) => at(`nats.${name}`) !== undefined;
  const mistakes: string[] = [];
  if (has('userVariable') !== has('passwordVariable')) {
    const [given, missing] = has('userVariable')
      ? ['userVariable', 'passwordVariable']
      : ['passwordVariable', 'userVariable'];
    mistakes.push(`nats.${missing}: missing; it belongs to nats.${given}`);
  }
  const ways = ['credentials', 'userVariable', 'tokenVariable'].filter(has);
  if (ways.length > 1) mistakes.push(`nats.${ways[1]}: one way to log in is enough, and nats.${ways[0]} is another`);
  if (has('tls.cert') !== has('tls.key')) mistakes.push('nats.tls: cert and key belong together; give both or none');
  return mistakes;
}
