/** Tables and marked sections of a Markdown file. Pure. */
import { ProspectError } from '../../core/errors.js';

/** Of a column: a rule of one letter would be no rule to Markdown, and formatters write three. */
const LEAST_WIDTH = 3;

/** The first column to the left, figures to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(LEAST_WIDTH, ...[header, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** To three digits, with separators of thousands. */
export function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
}

/**
 * Puts `body` between a section's two markers, or, where there are none yet, both at the end of the chapter `heading`
 * (itself at the end of the file when it isn't there).
 * @throws INTERNAL when one of the markers stands alone.
 */
export function replaceSection(file: string, heading: string, name: string, body: string): string {
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end: ${name} -->`];
  const section = `${begin}\n\n${body.trim()}\n\n${end}`;
  const [from, to] = [file.indexOf(begin), file.indexOf(end)];
  if ((from === -1) !== (to === -1)) {
    throw new ProspectError('INTERNAL', `only one of the markers ${begin} and ${end} is there; remove or complete it`);
  }
  if (from !== -1) return file.slice(0, from) + section + file.slice(to + end.length);
  const chapter = file.indexOf(`\n## ${heading}\n`);
  if (chapter === -1) return `${file.trimEnd()}\n\n## ${heading}\n\n${section}\n`;
  const next = file.indexOf('\n## ', chapter + 1);
  const rest = next === -1 ? '' : file.slice(next);
  return `${file.slice(0, next === -1 ? file.length : next).trimEnd()}\n\n${section}\n${rest}`;
}
