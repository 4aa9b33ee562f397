import { describe, expect, test } from 'vitest';
import { checkSource } from './live-checks.js';

const NATS = { servers: 'nats.example.com:4222' };
const FROM_NATS = { source: 'nats', stream: 'FEEDBACK', subject: 'thumbs.>' };
const FROM_HTTP = { source: 'http', listen: '127.0.0.1:7710' };

describe('live rows', () => {
  test.each([
    { nats: NATS, data: FROM_NATS },
    { data: FROM_HTTP },
    { data: { ...FROM_HTTP, listen: '[::1]:0', heldOut: 0.1, minOfEachClass: 2, maxWaitSeconds: 5 } },
    { data: { ...FROM_HTTP, listen: '0.0.0.0:7710', tokenVariable: 'TOKEN' } },
    { data: FROM_HTTP, training: { maxSteps: 100, schedule: 'cosine', warmupRatio: 0.1 } },
    { data: FROM_HTTP, training: { schedule: 'constant', warmupSteps: 10 } },
  ])('are fine as %j', (written) => {
    expect(checkSource(written)).toEqual([]);
  });

  test.each([
    [{ data: FROM_NATS }, /^nats\.servers: missing/],
    [{ nats: NATS, data: { source: 'nats', stream: 'FEEDBACK' } }, /^data\.subject: missing/],
    [{ nats: NATS, data: { ...FROM_NATS, deadLetters: 'thumbs.bad' } }, /^data\.deadLetters: .*come back/],
    [{ nats: NATS, data: { ...FROM_NATS, listen: '127.0.0.1:1' } }, /^data\.listen: belongs to data\.source: http/],
    [{ data: { source: 'http' } }, /^data\.listen: missing/],
    [{ data: { ...FROM_HTTP, listen: '0.0.0.0:7710' } }, /^data\.tokenVariable: missing; whoever reaches/],
    [{ data: { ...FROM_HTTP, train: 'rows.jsonl' } }, /^data\.train: names files/],
    [{ data: { ...FROM_HTTP, order: 'file' } }, /^data\.order: .*in which they come/],
    [{ data: FROM_HTTP, training: { epochs: 2 } }, /^training\.epochs: live rows are used once, there are no epochs/],
    [{ data: FROM_HTTP, training: { schedule: 'linear' } }, /^training\.schedule: linear falls/],
    [{ data: FROM_HTTP, training: { warmupRatio: 0.1 } }, /^training\.warmupRatio: a share/],
    [{ data: FROM_HTTP, loss: { desirableWeight: 'auto' } }, /^loss\.desirableWeight: auto counts/],
    [{ data: FROM_HTTP, loss: { type: 'sft' } }, /^loss\.type: sft/],
    [{ data: FROM_HTTP, method: 'full' }, /^method: full/],
    [{ data: { ...FROM_HTTP, minOfEachClass: 5 }, training: { globalBatch: 8 } }, /^data\.minOfEachClass: 5 of each/],
    [{ data: { train: 'a', stream: 'FEEDBACK' } }, /^data\.stream: belongs to data\.source: nats, .* is files/],
    [{ data: { train: 'a', maxWaitSeconds: 5 } }, /^data\.maxWaitSeconds: belongs to data\.source: nats or http/],
    [{ data: {} }, /^data\.train: missing; it has no default/],
  ])('are told what is wrong with %j', (written, line) => {
    const mistakes = checkSource(written);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(line);
  });
});
