/** The machine's messages as workers get them: filled up with addresses, token ids and known reference log-probs. */
import type {
  CommitRecord as CommitMessage,
  Heal,
  Holding,
  Member,
  StepPlan,
} from '../../proto/gen/prospect/v1/coordinator.js';
import { microbatchMessages } from '../batch.js';
import type { HealSource, MemberName, Message } from '../machine/effects.js';
import type { CommitRecord } from '../machine/types.js';
import type { Outgoing } from '../worker-link.js';
import type { DriverContext } from './context.js';
import type { StepAtWork } from './step-at-work.js';

export interface MessageSources extends Pick<DriverContext, 'runId' | 'config' | 'links'> {
  readonly stepAtWork: () => StepAtWork | undefined;
}

type Of<Kind> = Extract<Message, { kind: Kind }>;

export function toWire(message: Message, sources: MessageSources): Outgoing {
  switch (message.kind) {
    case 'welcome': {
      const { runId, config } = sources;
      return {
        $case: 'welcome',
        value: { runId, configJson: JSON.stringify(config), incarnation: message.incarnation },
      };
    }
    case 'membership': {
      const { generation, members } = message;
      return { $case: 'membership', value: { generation, members: membersOf(members, sources) } };
    }
    case 'stepPlan':
      return { $case: 'stepPlan', value: stepPlan(message, sources.stepAtWork()!) };
    case 'referencePoint': {
      const { kind: _, ...point } = message;
      return { $case: 'referencePoint', value: point };
    }
    case 'reduce': {
      const { kind: _, holdings, ...order } = message;
      return { $case: 'reduce', value: { ...order, holdings: holdings.map(holdingOf) } };
    }
    case 'commit':
      return { $case: 'commit', value: { generation: message.generation, record: commitOf(message) } };
    case 'heal': {
      const { kind: _, source, ...order } = message;
      return { $case: 'heal', value: { ...order, source: sourceOf(source, sources) } };
    }
    case 'observe': {
      const { generation, members } = message;
      const record = commitOf(message);
      return { $case: 'observe', value: { generation, members: membersOf(members, sources), record } };
    }
    case 'finish':
      return { $case: 'finish', value: { reason: message.reason } };
  }
}

function stepPlan(message: Of<'stepPlan'>, work: StepAtWork): StepPlan {
  const { kind: _, mismatched, matched, audited, discarded, ...order } = message;
  const { plan, sftScale, referenceOfPair, referenceOfRow } = work;
  return {
    ...order,
    audited: [...audited],
    discarded: [...discarded],
    sftScale,
    mismatched: microbatchMessages(plan.mismatched, mismatched, referenceOfPair, referenceOfRow),
    matched: microbatchMessages(plan.matched, matched, referenceOfRow),
  };
}

function membersOf(names: readonly MemberName[], { links }: MessageSources): Member[] {
  return names.map((name) => ({ ...name, peerAddress: links.get(name.session)?.peerAddress ?? '' }));
}

function holdingOf(ranges: Of<'reduce'>['holdings'][number]): Holding {
  return { ranges: ranges.map(({ start, end }) => ({ start, end })) };
}

/** A norm that is not finite has no number on the wire. */
function commitOf({ step, attempt, z0, gradientDigest, norm, learningRate, skipped }: CommitRecord): CommitMessage {
  return { step, attempt, z0, gradientDigest, norm: norm ?? Number.NaN, learningRate, skipped };
}

function sourceOf(source: HealSource, sources: MessageSources): Heal['source'] {
  switch (source.kind) {
    case 'peers':
      return { $case: 'peers', value: { peers: membersOf(source.peers, sources) } };
    case 'snapshot':
      return { $case: 'snapshot', value: { step: source.step, parameterDigest: source.parameterDigest } };
    case 'base':
      return { $case: 'base', value: {} };
  }
}
