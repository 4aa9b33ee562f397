import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, eventSubject, parseRunEvent } from '../../core/events/run-event.js';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { eventLine, readEventLine } from './event-line.js';
import { stepEvent } from './metrics-events.js';

const STAMP = { sequence: 7, run: 'r1', timeMs: Date.UTC(2026, 10, 24) };

describe('an event as a line', () => {
  it('is read back by the schema, with number, run and time', () => {
    const { text } = eventLine({ kind: 'runResumed', workers: 2 }, STAMP);
    expect(parseRunEvent(text)).toEqual({
      version: 1,
      sequence: 7,
      kind: 'runResumed',
      run: 'r1',
      time: '2026-11-24T00:00:00.000Z',
      workers: 2,
    });
  });

  it('shows its number and kind without a parser', () => {
    const line = eventLine({ kind: 'alarm', alarm: 'cluster', message: 'a "kind":"step" inside' }, STAMP);
    expect(readEventLine(line.text)).toEqual(line);
  });

  it('counts as none when its end is missing', () => {
    const { text } = eventLine({ kind: 'runResumed', workers: 2 }, STAMP);
    expect(readEventLine(text.slice(0, -1))).toBeUndefined();
    expect(readEventLine('')).toBeUndefined();
  });

  it('of a step has every metric of metrics.jsonl, phases apart', () => {
    const metrics = { ...exampleMetrics(), 'seconds/reduce': 0.5 };
    const event = parseRunEvent(eventLine(stepEvent(metrics), STAMP).text);
    if (event.kind !== 'step' || !event.metrics) throw new Error('no step');
    const { seconds, ...told } = event.metrics;
    const { step, ...written } = metrics;
    expect(seconds.reduce).toBe(0.5);
    expect(event.step).toBe(step);
    const plain = Object.entries(written).filter(([name]) => !name.startsWith('seconds/'));
    expect(told).toEqual(Object.fromEntries(plain));
  });

  it('has null for a number that is not finite', () => {
    const { text } = eventLine(stepEvent({ ...exampleMetrics(), loss: Number.NaN }), STAMP);
    expect(parseRunEvent(text)).toMatchObject({ metrics: { loss: null } });
  });
});

describe('the subject of an event', () => {
  it('ends with its kind, which is a single token', () => {
    expect(eventSubject('r1', 'step')).toBe('prospect.r1.events.step');
    expect(EVENT_KINDS.every((kind) => /^[a-zA-Z]+$/.test(kind))).toBe(true);
    expect(new Set(EVENT_KINDS).size).toBe(EVENT_KINDS.length);
  });
});
