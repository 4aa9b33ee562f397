/** Who wants to hear of something, at once and in the order in which they asked. */

export interface Listeners<Told> {
  /** @returns takes the listener away. */
  add(listener: (told: Told) => void): () => void;
  tell(told: Told): void;
}

export function createListeners<Told>(): Listeners<Told> {
  const listeners = new Set<(told: Told) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(told) {
      for (const listener of [...listeners]) listener(told);
    },
  };
}
