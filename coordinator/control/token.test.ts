import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openToken, TOKEN_FILE, type TokenSources } from './token.js';

let output: string;

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'prospect-token-'));
});
afterEach(() => rm(output, { recursive: true }));

function open(sources: Partial<TokenSources>) {
  return openToken({ given: undefined, tokenFile: undefined, output, host: '127.0.0.1', ...sources });
}

describe('a control token', () => {
  it('is made on loopback, for its user alone, and removed at the end', async () => {
    const path = join(output, TOKEN_FILE);
    await writeFile(path, 'of a coordinator that was killed', { mode: 0o644 });
    const { token, close } = await open({});
    expect(await readFile(path, 'utf8')).toBe(`${token}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(token).toMatch(/^[\w-]{43}$/);
    await close();
    expect(await readdir(output)).toEqual([]);
  });

  it('is another one each time', async () => {
    expect((await open({})).token).not.toBe((await open({})).token);
  });

  it('is not made where other machines reach the coordinator', async () => {
    expect((await open({ host: '0.0.0.0' })).token).toBeUndefined();
    expect(await readdir(output)).toEqual([]);
  });

  it('comes from the environment, over the file that the configuration names', async () => {
    const tokenFile = join(output, 'token');
    await writeFile(tokenFile, 'a token in a file\n');
    expect((await open({ tokenFile })).token).toBe('a token in a file');
    const given = 'a token in the environment';
    expect((await open({ given, tokenFile })).token).toBe(given);
  });

  it('that is not there or can be guessed is refused', async () => {
    const tokenFile = join(output, 'missing');
    await expect(open({ tokenFile })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${tokenFile}: cannot read the control token: no such file`,
    });
    await expect(open({ given: 'short' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^PROSPECT_TOKEN holds a control token of 5 letters; take 16 or more/),
    });
  });
});
