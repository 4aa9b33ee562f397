import { describe, expect, it } from 'vitest';
import { readFeedback } from './feedback-row.js';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

function rowsOf(value: unknown) {
  const read = readFeedback(JSON.stringify(value));
  if ('problem' in read) throw new Error(`${read.problem.reason}: ${read.problem.detail}`);
  return read.rows;
}

function problemOf(value: unknown): string {
  const read = readFeedback(typeof value === 'string' ? value : JSON.stringify(value));
  return 'problem' in read ? `${read.problem.reason}: ${read.problem.detail}` : 'none';
}

describe('readFeedback', () => {
  it('reads an unpaired text and ignores fields it does not know', () => {
    expect(rowsOf({ prompt: 'p', completion: 'c', label: false, rating: 3 })).toEqual([
      { form: 'text', prompt: 'p', completion: 'c', desirable: false },
    ]);
  });

  it('reads an unpaired conversation', () => {
    expect(rowsOf({ prompt: [user('p')], completion: [assistant('c')], label: true })).toEqual([
      { form: 'chat', prompt: [user('p')], completion: [assistant('c')], desirable: true },
    ]);
  });

  it('reads a pair with its prompt as two rows, the chosen one first', () => {
    expect(rowsOf({ prompt: 'p', chosen: 'good', rejected: 'bad' })).toEqual([
      { form: 'text', prompt: 'p', completion: 'good', desirable: true },
      { form: 'text', prompt: 'p', completion: 'bad', desirable: false },
    ]);
  });

  it('takes the messages that a pair of conversations shares as the prompt', () => {
    const rows = rowsOf({ chosen: [user('p'), assistant('good')], rejected: [user('p'), assistant('bad')] });
    expect(rows).toEqual([
      { form: 'chat', prompt: [user('p')], completion: [assistant('good')], desirable: true },
      { form: 'chat', prompt: [user('p')], completion: [assistant('bad')], desirable: false },
    ]);
  });

  it.each([
    ['{"prompt": "p"', /^not JSON: /],
    [[1, 2], /^not a JSON object: found \[1,2\]/],
    [{ text: 'a', score: 1 }, /^neither prompt.*fields found: text, score/],
    [{ prompt: 'p', completion: 'c' }, /^label is not true or false: found nothing/],
    [{ prompt: 'p', completion: 'c', label: 1 }, /^label is not true or false: found 1/],
    [{ prompt: 'p', completion: 'c', label: 'true' }, /^label is not true or false: found "true"/],
    [{ prompt: 'p', label: true }, /^completion is neither a text nor a conversation.*found nothing/],
    [{ prompt: 3, completion: 'c', label: true }, /^prompt is neither.*found 3/],
    [{ prompt: 'p', completion: '', label: true }, /^completion is empty/],
    [
      { prompt: 'p', completion: [assistant('c')], label: true },
      /^prompt and completion are a text and a conversation/,
    ],
    [{ prompt: [user('p')], completion: 'c', label: true }, /^prompt and completion are a text and a conversation/],
    [{ prompt: [{ role: 'user' }], completion: [assistant('c')], label: true }, /^prompt is neither/],
    [{ prompt: [], completion: [assistant('c')], label: true }, /^prompt is empty/],
    [{ prompt: 'p', chosen: 'a' }, /^rejected is neither.*found nothing/],
    [{ chosen: 'same', rejected: 'same' }, /^chosen and rejected are the same/],
    [{ chosen: [assistant('a')], rejected: [assistant('b')] }, /^prompt is empty/],
  ])('says what is wrong with %j', (value, expected) => {
    expect(problemOf(value)).toMatch(expected);
  });
});
