/** Settings that contradict the source of the rows. One line each, with the path; looks at the values as written. */
import { isLoopback } from '../loopback.js';
import { parseAddress } from './address.js';
import { isTree, type Tree, valueAt } from './tree.js';

type Written = (path: string) => unknown;

const OF_NATS = ['stream', 'subject', 'deadLetters'];
const OF_HTTP = ['listen', 'tokenVariable', 'rowsPerSecond'];
const OF_LIVE_ROWS = ['minOfEachClass', 'maxWaitSeconds'];

/** Fields that live rows have no use for, and why. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  'data.train': 'names files, but data.source is',
  'data.order': 'live rows are trained on in the order in which they come; leave it out with data.source',
  'data.pairs': 'live rows are used once, each step pairs its own; leave it out with data.source',
  'data.badRows': 'live rows that cannot be used are refused or go to data.deadLetters; leave it out with data.source',
  'training.epochs':
    'live rows are used once, there are no epochs; set training.maxSteps, or stop the run, with data.source',
};

export function checkSource(written: Tree): string[] {
  const at: Written = (path) => valueAt(written, path);
  if (!isTree(at('data'))) return [];
  const source = at('data.source') ?? 'files';
  const foreign = foreignFields(at, source);
  if (source !== 'nats' && source !== 'http') {
    return at('data.train') === undefined ? ['data.train: missing; it has no default', ...foreign] : foreign;
  }
  const meaningless = Object.entries(MEANINGLESS)
    .filter(([path]) => at(path) !== undefined)
    .map(([path, why]) => `${path}: ${why} ${source}`);
  const needs = source === 'nats' ? natsNeeds(at) : httpNeeds(at);
  const others = [lossOf(at), ...weightsOf(at), ...endlessOf(at), minimumOf(at)];
  return [...foreign, ...meaningless, ...needs, ...others.filter((mistake) => mistake !== undefined)];
}

function foreignFields(at: Written, source: unknown): string[] {
  const groups: [boolean, readonly string[], string][] = [
    [source === 'nats', OF_NATS, 'data.source: nats'],
    [source === 'http', OF_HTTP, 'data.source: http'],
    [source === 'nats' || source === 'http', OF_LIVE_ROWS, 'data.source: nats or http'],
  ];
  return groups.flatMap(([belongs, names, to]) =>
    names
      .filter((name) => !belongs && at(`data.${name}`) !== undefined)
      .map((name) => `data.${name}: belongs to ${to}, but data.source is ${source}`),
  );
}

function natsNeeds(at: Written): string[] {
  const mistakes = ['stream', 'subject']
    .filter((name) => at(`data.${name}`) === undefined)
    .map((name) => `data.${name}: missing; data.source nats reads a subject of a stream`);
  if (!isTree(at('nats'))) mistakes.push('nats.servers: missing; data.source nats reads rows from there');
  const [subject, dead] = [at('data.subject'), at('data.deadLetters')];
  if (typeof subject === 'string' && typeof dead === 'string' && matches(subject, `${dead}.1`)) {
    mistakes.push(
      `data.deadLetters: ${dead}.… are rows of data.subject ${subject} too, and would come back; name another`,
    );
  }
  return mistakes;
}

function httpNeeds(at: Written): string[] {
  const listen = at('data.listen');
  if (listen === undefined) return ['data.listen: missing; data.source http takes rows there, as 127.0.0.1:7710'];
  if (
    typeof listen !== 'string' ||
    isLoopback(parseAddress(listen)?.host ?? '') ||
    at('data.tokenVariable') !== undefined
  )
    return [];
  return [
    `data.tokenVariable: missing; whoever reaches data.listen ${listen} could train the model: name a variable that ` +
      'holds a token, or listen on 127.0.0.1',
  ];
}

/** As NATS compares them: `*` is one name, `>` all that follow. */
function matches(pattern: string, subject: string): boolean {
  const [names, own] = [pattern.split('.'), subject.split('.')];
  const rest = names.indexOf('>');
  if (rest === -1 && names.length !== own.length) return false;
  if (rest !== -1 && own.length <= rest) return false;
  return names.slice(0, rest === -1 ? undefined : rest).every((name, i) => name === '*' || name === own[i]);
}

function lossOf(at: Written): string | undefined {
  if (at('loss.type') === 'sft')
    return 'loss.type: sft learns from good rows alone, and live rows are of both classes; take kto';
  if (at('method') !== 'full') return undefined;
  return (
    'method: full needs the log-probs of all rows before the first step, and live rows are not there yet; take lora, ' +
    'or train on files'
  );
}

function weightsOf(at: Written): string[] {
  return ['desirableWeight', 'undesirableWeight']
    .filter((name) => at(`loss.${name}`) === 'auto')
    .map((name) => `loss.${name}: auto counts the rows of each class, and live rows are not there yet; give a number`);
}

/** Without an end there is nothing for a share of the steps, or a fall of the learning rate, to refer to. */
function endlessOf(at: Written): string[] {
  if (at('training.maxSteps') !== undefined) return [];
  const remedy = 'which a run that lasts until it is stopped does not have; set training.maxSteps, or';
  const mistakes: string[] = [];
  const schedule = at('training.schedule');
  if (schedule !== undefined && schedule !== 'constant') {
    mistakes.push(`training.schedule: ${schedule} falls until the last step, ${remedy} take constant`);
  }
  if (at('training.warmupRatio') !== undefined && at('training.warmupRatio') !== 0) {
    mistakes.push(`training.warmupRatio: a share of the steps, ${remedy} take training.warmupSteps`);
  }
  return mistakes;
}

function minimumOf(at: Written): string | undefined {
  const [least, batch] = [at('data.minOfEachClass'), at('training.globalBatch')];
  if (typeof least !== 'number' || typeof batch !== 'number' || 2 * least <= batch) return undefined;
  return `data.minOfEachClass: ${least} of each class do not fit into training.globalBatch ${batch}`;
}
