/** Being a member: a rank, and connections to the others for as long as their generation lasts. */
import { ProspectError } from '../core/errors.js';
import type { Membership } from '../proto/gen/prospect/v1/coordinator.js';
import type { Membership as TensorMembership } from './tensors/tensors.js';
import type { WorkerLog } from './worker.js';
import type { LoadedModel } from './worker-state.js';

export interface Team {
  readonly generation: number;
  readonly rank: number;
  readonly worldSize: number;
  readonly membership: TensorMembership;
}

/**
 * @param onProgress called while pieces come: a long reduction shows that it goes on.
 * @returns undefined when this worker does not take part.
 */
export function joinTeam(
  { generation, members }: Membership,
  workerId: string,
  { exchange }: LoadedModel,
  log: WorkerLog,
  onProgress: () => void,
): Team | undefined {
  const own = members.find((member) => member.workerId === workerId);
  if (!own) return undefined;
  if (members.some(({ rank }, position) => rank !== position)) {
    throw new ProspectError('PROTOCOL', `the members of generation ${generation} are not in the order of their ranks`);
  }
  const others = members.filter((member) => member !== own);
  const position = { rank: own.rank, worldSize: members.length };
  const membership = exchange.tensors.join(position, others, {
    onProgress,
    onDamage: (peer, damage) => log.warn({ peer, damage }, 'a damaged piece is pulled again'),
  });
  log.info({ generation, ...position }, 'member');
  return { generation, ...position, membership };
}
