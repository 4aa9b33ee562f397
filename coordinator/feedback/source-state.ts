/** What a source of live rows has seen since this coordinator started, for status and metrics. */

export interface SourceState {
  /** Messages, the unusable ones among them. */
  received: number;
  /** Messages that hold no usable row. */
  refused: number;
  /** Messages that were in the log already. */
  repeated: number;
  /** The source can be reached, or listens. */
  isConnected: boolean;
  /** Why it can't, for a person. */
  trouble: string | undefined;
}

export function newSourceState(): SourceState {
  return { received: 0, refused: 0, repeated: 0, isConnected: false, trouble: undefined };
}
