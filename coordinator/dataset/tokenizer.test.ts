import { cp, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadTokenizer } from './tokenizer.js';

const source = fileURLToPath(new URL('../../test/parity/data/qwen2-lora-chat/model', import.meta.url));
const folders: string[] = [];
let model: string;

beforeEach(async () => {
  model = await mkdtemp(join(tmpdir(), 'prospect-tokenizer-'));
  folders.push(model);
  await cp(source, model, { recursive: true });
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const conversation = [{ role: 'user', content: 'Hello' }];

describe('loadTokenizer', () => {
  it('encodes and decodes text and knows the EOS token', async () => {
    const tokenizer = await loadTokenizer(model);
    const ids = tokenizer.encode('Please explain the refund policy.', true);
    expect(tokenizer.decode(ids, true)).toBe('Please explain the refund policy.');
    expect(tokenizer.eosToken).toBe('<|im_end|>');
    expect(tokenizer.encode('<|im_end|>', false)).toEqual([tokenizer.eosTokenId]);
  });

  it('renders conversations through chat_template.jinja', async () => {
    const { renderChat } = await loadTokenizer(model);
    expect(renderChat(conversation, true)).toBe('<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n');
    expect(renderChat(conversation, false)).toBe('<|im_start|>user\nHello<|im_end|>\n');
  });

  it.each([
    { chat_template: '{{ messages[0].content }}{{ eos_token }}' },
    {
      chat_template: [
        { name: 'tools', template: 'no' },
        { name: 'default', template: '{{ messages[0].content }}!' },
      ],
    },
  ])('takes the template of tokenizer_config.json: $chat_template', async ({ chat_template }) => {
    await unlink(join(model, 'chat_template.jinja'));
    await writeFile(
      join(model, 'tokenizer_config.json'),
      JSON.stringify({ chat_template, eos_token: { content: '!' } }),
    );
    expect((await loadTokenizer(model)).renderChat(conversation, false)).toBe('Hello!');
  });

  it('refuses conversations without a template, and says what to do', async () => {
    await unlink(join(model, 'chat_template.jinja'));
    const { renderChat } = await loadTokenizer(model);
    expect(() => renderChat(conversation, true)).toThrow(/no chat template.*add a chat_template\.jinja/);
  });

  it('has another digest when the template differs', async () => {
    const before = (await loadTokenizer(model)).digest;
    await writeFile(join(model, 'chat_template.jinja'), '{{ messages[0].content }}');
    expect((await loadTokenizer(model)).digest).not.toBe(before);
  });

  it('names the path and the remedy of a missing tokenizer', async () => {
    await unlink(join(model, 'tokenizer.json'));
    await expect(loadTokenizer(model)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(loadTokenizer(model)).rejects.toThrow(/tokenizer\.json: no such file.*save_pretrained/);
  });

  it.each(['{"model": ', '[]', '{}', '{"model": {"type": "BPE"}}'])('refuses a broken tokenizer: %s', async (text) => {
    await writeFile(join(model, 'tokenizer.json'), text);
    await expect(loadTokenizer(model)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(loadTokenizer(model)).rejects.toThrow(/tokenizer\.json: the tokenizer cannot be used/);
  });

  it('refuses a chat template that is no template', async () => {
    await writeFile(join(model, 'chat_template.jinja'), '{% for %}');
    await expect(loadTokenizer(model)).rejects.toThrow(/chat template cannot be parsed/);
  });
});
