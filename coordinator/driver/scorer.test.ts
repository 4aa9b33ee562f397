import { expect, test } from 'vitest';
import type { SequenceScore } from '../../proto/gen/prospect/v1/coordinator.js';
import { cutBatch } from '../batch.js';
import type { Outgoing } from '../worker-link.js';
import { createScorer } from './scorer.js';

const QUESTION = { policy: true, reference: false, known: () => undefined };
const NEVER = new AbortController().signal;

/** Eight rows, a microbatch each. */
function eightRows() {
  const sequences = Array.from({ length: 8 }, (_, row) => {
    return { row, desirable: true, tokenIds: new Uint32Array(4), promptLength: 1 };
  });
  return cutBatch(sequences, { tokens: 4 });
}

/** A scorer, and what each session was asked for and has not answered. */
function scoring() {
  const asked = new Map<number, { task: number; rows: number[] }[]>();
  const scorer = createScorer({
    send(session, message: Outgoing) {
      if (message.$case !== 'scorePlan') throw new Error(message.$case);
      const { task, microbatches } = message.value;
      const rows = microbatches.map(({ number }) => number);
      asked.set(session, [...(asked.get(session) ?? []), { task, rows }]);
    },
  });
  const answer = (session: number) => {
    for (const { task, rows } of asked.get(session)!.splice(0)) {
      for (const microbatch of rows) {
        scorer.receive({ generation: 1, task, microbatch, scores: [scoreOf(microbatch)] });
      }
    }
  };
  return { scorer, asked, answer };
}

function scoreOf(row: number): SequenceScore {
  return { row, policyLogp: -row, referenceLogp: 0, entropySum: 0, logitSum: 0 };
}

test('a batch is shared out, and its scores come in its order', async () => {
  const { scorer, asked, answer } = scoring();
  scorer.membersChanged(1, [10, 20]);
  const scores = scorer.score(eightRows(), QUESTION, NEVER);
  expect([...asked.values()].map(([order]) => order!.rows.length)).toEqual([4, 4]);
  answer(20);
  answer(10);
  expect((await scores).map(({ policyLogp }) => -policyLogp)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('what a lost worker had goes to the others, and what it finished does not', async () => {
  const { scorer, asked, answer } = scoring();
  scorer.membersChanged(1, [10, 20]);
  const scores = scorer.score(eightRows(), QUESTION, NEVER);
  const [{ task, rows }] = asked.get(20)! as [{ task: number; rows: number[] }];
  scorer.receive({ generation: 1, task, microbatch: rows[0]!, scores: [scoreOf(rows[0]!)] });
  scorer.membersChanged(2, [10]);
  expect(asked.get(10)!.map((order) => order.rows)).toEqual([[0, 1, 2, 3], rows.slice(1)]);
  answer(10);
  expect(await scores).toHaveLength(8);
});

test('without workers it waits until one comes', async () => {
  const { scorer, answer } = scoring();
  const scores = scorer.score(eightRows(), QUESTION, NEVER);
  scorer.membersChanged(1, [30]);
  answer(30);
  expect(await scores).toHaveLength(8);
});

test('scores of a batch that was called off are not taken for those of the next', async () => {
  const { scorer, asked, answer } = scoring();
  scorer.membersChanged(1, [10]);
  const calling = new AbortController();
  const first = scorer.score(eightRows(), QUESTION, calling.signal);
  calling.abort(new Error('called off'));
  await expect(first).rejects.toThrow('called off');
  const [old] = asked.get(10)!.splice(0) as [{ task: number; rows: number[] }];
  const second = scorer.score(eightRows(), QUESTION, NEVER);
  scorer.receive({ generation: 1, task: old.task, microbatch: 0, scores: [{ ...scoreOf(0), policyLogp: 99 }] });
  answer(10);
  expect((await second)[0]!.policyLogp).toBe(-0);
});

test('scores of other rows are refused', async () => {
  const { scorer, asked } = scoring();
  scorer.membersChanged(1, [10]);
  const scores = scorer.score(eightRows(), QUESTION, AbortSignal.abort());
  await expect(scores).rejects.toThrow();
  void scorer.score(eightRows(), QUESTION, NEVER);
  const [{ task }] = asked.get(10)! as [{ task: number; rows: number[] }];
  const wrong = () => scorer.receive({ generation: 1, task, microbatch: 0, scores: [scoreOf(5)] });
  expect(wrong).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
});
