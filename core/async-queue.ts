/**
 * A queue between who produces and one who waits: the joint of both ends of a session. Ending and failing are part
 * of it, so that nobody ever waits for a message that cannot come.
 */

export interface AsyncQueue<T> extends AsyncIterable<T> {
  /** Ignored once the queue has ended or failed. */
  push(item: T): void;
  /** Items already queued are still delivered. */
  end(): void;
  /** Drops what is queued; every wait, now and later, throws the first error given. */
  fail(error: Error): void;
  /** The next item, or undefined at the end. */
  next(): Promise<T | undefined>;
}

export function createQueue<T>(): AsyncQueue<T> {
  const items: T[] = [];
  let waiting: PromiseWithResolvers<void> | undefined;
  let ended = false;
  let failure: Error | undefined;

  const wake = () => {
    waiting?.resolve();
    waiting = undefined;
  };
  const next = async (): Promise<T | undefined> => {
    for (;;) {
      if (failure) throw failure;
      if (items.length > 0) return items.shift();
      if (ended) return undefined;
      waiting ??= withResolvers();
      await waiting.promise;
    }
  };
  return {
    push(item) {
      if (ended || failure) return;
      items.push(item);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail(error) {
      failure ??= error;
      items.length = 0;
      wake();
    },
    next,
    async *[Symbol.asyncIterator]() {
      for (let item = await next(); item !== undefined; item = await next()) yield item;
    },
  };
}

export interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A promise and the functions that settle it (built into Node from 22 on). */
export function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
