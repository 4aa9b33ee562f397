/**
 * Whose turn it is with parameters and moments: they are applied to, copied and replaced by one at a time, so that a
 * copy is always that of a whole step.
 */

/** Which parameters a worker has. */
export interface Applied {
  /** Steps in them; 0 for what the base model and the seed give. */
  readonly step: number;
  /** SHA-256, hex. */
  readonly parameterDigest: string;
  /** Adam updates in them: skipped steps are not counted. */
  readonly updates: number;
}

export interface Parameters {
  /** Elements. */
  readonly length: number;
  applied(): Applied;
  /** Changes parameters and moments; what `change` returns holds from then on, unless it fails. */
  change(change: (applied: Applied) => Promise<Applied>): Promise<void>;
  /** Looks at them while nobody changes them. */
  look<Result>(look: (applied: Applied) => Promise<Result>): Promise<Result>;
}

export function createParameters(length: number, initial: Applied): Parameters {
  let applied = initial;
  let last: Promise<unknown> = Promise.resolve();
  const next = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const done = last.then(task);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    length,
    applied: () => applied,
    change: (change) =>
      next(async () => {
        applied = await change(applied);
      }),
    look: (look) => next(() => look(applied)),
  };
}
