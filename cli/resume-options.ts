/** Flags of `train` and `coordinator` for runs that go on, and for those that begin in an earlier one's place. */
import { Option } from 'commander';
import type { ResumeOptions } from '../coordinator/open-run.js';
import { collect } from './options.js';

export interface ResumeFlags {
  readonly resume?: true;
  readonly overwrite?: true;
  readonly allow: string[];
}

export function resumeOption(): Option {
  return new Option('--resume', 'goes on with the unfinished run in the output folder').conflicts('overwrite');
}

export function overwriteOption(): Option {
  return new Option('--overwrite', 'begins anew in the place of an unfinished run, which is lost');
}

export function allowOption(): Option {
  const what = 'goes on although this field of the configuration (or data, model, engine) has changed; may be repeated';
  return new Option('--allow <path>', what).argParser(collect).default([]);
}

/** @param otherwise what happens where neither flag is given. */
export function resumeOptions(
  { resume, overwrite, allow }: ResumeFlags,
  otherwise: ResumeOptions['mode'],
): ResumeOptions {
  return { mode: resume ? 'resume' : overwrite ? 'overwrite' : otherwise, allow };
}
