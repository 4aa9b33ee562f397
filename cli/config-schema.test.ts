import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './config-schema.js';

const committed = new URL('../schema/run.schema.json', import.meta.url);

describe('the committed JSON schema', () => {
  it('is the one that the configuration’s schema gives', () => {
    expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });
});

describe('configJsonSchema', () => {
  it('asks for the required fields alone and describes each field', () => {
    const schema = configJsonSchema() as { required: string[]; properties: Record<string, { description?: string }> };
    expect(schema.required).toEqual(['model', 'output', 'data']);
    expect(schema.properties.model?.description).toContain('base model');
  });
});
