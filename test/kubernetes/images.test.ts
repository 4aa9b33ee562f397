/** The images by rules as hadolint has them, since a build needs a container engine; their install steps run in CI. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { expect, test } from 'vitest';
import { VERSION } from '../../core/version.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const FILES = ['Dockerfile', 'Dockerfile.gpu'];

function read(name: string) {
  const text = readFileSync(join(PROJECT_ROOT, 'deploy', 'images', name), 'utf8');
  return { text, dockerfile: DockerfileParser.parse(text) };
}

/** @returns what a Dockerfile does not hold to, by the names of hadolint's rules. */
function findings(text: string): string[] {
  const dockerfile = DockerfileParser.parse(text);
  const all = dockerfile.getInstructions();
  const words = (instruction: Instruction) => instruction.getArguments().map((argument) => argument.getValue());
  const runs = all.filter((one) => one.getKeyword() === 'RUN').map((run) => words(run).join(' '));
  const installs = runs.filter((run) => run.includes('apt-get install'));
  const users = all.filter((one) => one.getKeyword() === 'USER').map((user) => words(user)[0]!);
  const entry = dockerfile.getENTRYPOINTs();
  const rules: [boolean, string][] = [
    [dockerfile.getFROMs().every(isPinned), 'DL3006/DL3007: every base has a tag other than latest, and a digest'],
    [users.length > 0 && !/^(root|0)(:|$)/.test(users.at(-1)!), 'DL3002: the last user is not root'],
    [
      all.filter((one) => one.getKeyword() === 'WORKDIR').every((one) => words(one)[0]!.startsWith('/')),
      'DL3000: WORKDIR is absolute',
    ],
    [!all.some((one) => ['ADD', 'MAINTAINER'].includes(one.getKeyword())), 'DL3020/DL4000: COPY, and no MAINTAINER'],
    [!runs.some((run) => /\bsudo\b|\bcd\b/.test(run)), 'DL3003/DL3004: no sudo, and WORKDIR instead of cd'],
    [
      installs.every((run) => /apt-get update/.test(run) && /rm -rf \/var\/lib\/apt\/lists/.test(run)),
      'DL3009: lists go in the same layer',
    ],
    [
      installs.every((run) => / -y /.test(run) && run.includes('--no-install-recommends')),
      'DL3014/DL3015: -y, no recommended packages',
    ],
    [!runs.some((run) => /\bapt (install|update)/.test(run)), 'DL3027: apt-get'],
    [!runs.some((run) => run.includes('|')) || text.includes('pipefail'), 'DL4006: pipefail before a pipe'],
    [entry.length === 1 && (entry[0]!.getArgumentsContent() ?? '').startsWith('["'), 'DL3025: ENTRYPOINT as JSON'],
    [
      !all.some((one) => one.getKeyword() === 'ENV' && /(TOKEN|PASSWORD|SECRET|KEY)=/.test(words(one).join(' '))),
      'no secret in ENV',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule);
}

function isPinned(from: From): boolean {
  return (
    /^sha256:[0-9a-f]{64}$/.test(from.getImageDigest() ?? '') && /:(?!latest@)[\w.-]+@/.test(from.getImage() ?? '')
  );
}

test.each(FILES)('%s holds to the rules', (name) => {
  expect(findings(read(name).text)).toEqual([]);
});

test('a careless Dockerfile is found', () => {
  const careless =
    'FROM node:latest\nRUN apt-get install g++ && cd /x\nADD . app\nENV API_TOKEN=abc\nENTRYPOINT node main.js\n';
  expect(findings(careless).length).toBeGreaterThanOrEqual(8);
});

test.each(FILES)('%s: the user, cache and engines are those that the manifests count on', (name) => {
  const { text } = read(name);
  expect(text).toMatch(/^USER 10001:10001$/m);
  expect(text).toContain('PROSPECT_CACHE=/cache');
  expect(text).toMatch(/install\.sh tensorflow(-gpu)? \/opt\/prospect$/m);
  expect(text).toContain('PROSPECT_ENGINES=/opt/prospect/engines');
  expect(text).toContain(`prospect:${VERSION}`);
});

test('both images have the same base, in all stages', () => {
  const bases = FILES.flatMap((name) =>
    read(name)
      .dockerfile.getFROMs()
      .map((from) => from.getImage()),
  );
  expect(new Set(bases).size).toBe(1);
});
