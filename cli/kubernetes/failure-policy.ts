/** Which ends of a pod are its own fault, and which of them no other pod would get around. */
import type { V1PodFailurePolicy } from '@kubernetes/client-node';
import { ERROR_TABLE, type ErrorCode } from '../../core/errors.js';
import type { Part } from './names.js';

/** Every pod meets them: trying again is in vain. */
const HOPELESS: readonly ErrorCode[] = ['CONFIG_INVALID', 'DATA_INVALID', 'MODEL_INVALID'];

export function failurePolicy(part: Part): V1PodFailurePolicy {
  const exitCodes = (codes: readonly ErrorCode[]) => ({
    containerName: part,
    operator: 'In',
    values: [...new Set(codes.map((code) => ERROR_TABLE[code].exitCode))].sort((a, b) => a - b),
  });
  return {
    rules: [
      // Drained, preempted, or told to leave: another takes its place, and nothing is counted.
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'Ignore', onExitCodes: exitCodes(['INTERRUPTED']) },
      { action: 'FailJob', onExitCodes: exitCodes(HOPELESS) },
    ],
  };
}
