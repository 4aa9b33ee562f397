/**
 * Learns the example's vocabulary from its corpus and writes the tokenizer's files beside the base model. Run from dist;
 * see the README. The seed is its own, so that changing the data's sizes leaves the vocabulary as it is.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from '../../../core/order/mix.js';
import { answer, situations } from '../corpus.js';
import { BASE_FOLDER } from '../paths.js';
import { learnMerges } from './byte-pairs.js';
import { CHAT_TEMPLATE, tokenizerConfig, tokenizerJson } from './tokenizer-files.js';

const SEED = 7;
const TEXTS = 4000;
/** 4 special tokens, 256 bytes and these make a vocabulary of 1024: nearly every word of the corpus in one token. */
const MERGES = 764;

const random = randomFrom(SEED);
const texts = situations(random, TEXTS).map(
  (one) => `${one.prompt}${answer(random, one, 'polite')}${answer(random, one, 'brushOff')}`,
);
const merges = learnMerges(texts, MERGES);
writeFileSync(join(BASE_FOLDER, 'tokenizer.json'), `${JSON.stringify(tokenizerJson(merges), null, 1)}\n`);
writeFileSync(join(BASE_FOLDER, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig(), null, 2)}\n`);
writeFileSync(join(BASE_FOLDER, 'chat_template.jinja'), CHAT_TEMPLATE);
console.log(`${merges.length} merges learned from ${texts.length} texts; written to ${BASE_FOLDER}`);
