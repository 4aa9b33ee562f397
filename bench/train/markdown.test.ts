import { describe, expect, it } from 'vitest';
import { figure, replaceSection, table } from './markdown.js';

describe('table', () => {
  it('aligns names to the left and figures to the right', () => {
    expect(table(['who', 's'], [['a trainer', '1.5']])).toBe(
      ['| who       |   s |', '| --------- | --: |', '| a trainer | 1.5 |'].join('\n'),
    );
  });
});

describe('figure', () => {
  it('keeps three digits', () => {
    expect([figure(54.3712), figure(0.147211), figure(12_345)]).toEqual(['54.4', '0.147', '12,300']);
  });
});

describe('replaceSection', () => {
  const FILE = '# Performance\n\n## Training\n\nWords.\n\n## Memory\n\nMore.\n';
  const once = replaceSection(FILE, 'Training', '8m', 'A table.');

  it('adds a section at the end of its chapter', () => {
    expect(once).toBe(
      '# Performance\n\n## Training\n\nWords.\n\n<!-- measured: 8m -->\n\nA table.\n\n<!-- end: 8m -->\n\n## Memory\n\nMore.\n',
    );
  });

  it('replaces what is between the markers, and nothing else', () => {
    expect(replaceSection(once, 'Training', '8m', 'Another.')).toBe(once.replace('A table.', 'Another.'));
  });

  it('adds the chapter where it is missing', () => {
    expect(replaceSection('# Performance\n', 'Training', '8m', 'A table.')).toMatch(
      /\n## Training\n\n<!-- measured: 8m/,
    );
  });

  it('does not guess when one marker is missing', () => {
    expect(() => replaceSection(once.replace('<!-- end: 8m -->', ''), 'Training', '8m', 'x')).toThrow('only one of');
  });
});
