/**
 * Who a certificate is for. Its subject alternative names carry the role's name, and both ends check the other's role
 * instead of its host: workers' addresses are not known when certificates are made, and a worker's certificate must
 * not let anybody pose as the coordinator.
 */

export const ROLE_NAMES = {
  coordinator: 'coordinator.prospect',
  worker: 'worker.prospect',
  operator: 'operator.prospect',
} as const;

export type Role = keyof typeof ROLE_NAMES;

export const ROLES = Object.keys(ROLE_NAMES) as Role[];
