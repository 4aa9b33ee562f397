/** What a person can want of a running run, and what they are told. Plain data that survives JSON. */

export type Command =
  | { readonly command: 'pause' }
  | { readonly command: 'resume' }
  | { readonly command: 'snapshot' }
  | { readonly command: 'evaluate' }
  /**
   * snapshot: with a last one, of the last committed step. workersWait: they are not sent away, because another
   * coordinator comes for them.
   */
  | { readonly command: 'stop'; readonly reason: string; readonly snapshot: boolean; readonly workersWait?: boolean }
  /** What is left out stays as it is. */
  | { readonly command: 'workers'; readonly min?: number | undefined; readonly max?: number | undefined }
  /** Of the peak, to which the schedule is applied. fromStep: the first step that can still be changed when left out. */
  | { readonly command: 'learningRate'; readonly learningRate: number; readonly fromStep?: number | undefined };

/** A command as it is obeyed and journaled: what it left out is filled in. */
export type ResolvedCommand =
  | Exclude<Command, { readonly command: 'workers' | 'learningRate' }>
  | { readonly command: 'workers'; readonly min: number; readonly max: number }
  | ({ readonly command: 'learningRate' } & LearningRateChange);

/** The peak learning rate of this step and those after it. */
export interface LearningRateChange {
  readonly fromStep: number;
  readonly learningRate: number;
}

export type Answer =
  /** Nothing changes. says: why, and what to do. */
  | { readonly isDone: false; readonly says: string }
  /** says: what will happen, and when. step: the one after which, or from which on. obeys: undefined when it is so already. */
  | {
      readonly isDone: true;
      readonly says: string;
      readonly step: number;
      readonly obeys: ResolvedCommand | undefined;
    };
