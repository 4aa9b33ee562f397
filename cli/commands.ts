/** All commands. A command's file is loaded when it is asked for, so that --help is fast and tensors stay unloaded. */
import type { Command } from 'commander';

interface CommandEntry {
  readonly summary: string;
  load(): Promise<Command>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: 'train with a coordinator and workers on this machine',
    load: async () => (await import('./train.js')).trainCommand(),
  },
  coordinator: {
    summary: 'run the coordinator of a training run that workers join',
    load: async () => (await import('./coordinator.js')).coordinatorCommand(),
  },
  worker: {
    summary: 'join a training run as a worker',
    load: async () => (await import('./worker.js')).workerCommand(),
  },
  status: {
    summary: 'how a running run stands',
    load: async () => (await import('./control/status.js')).statusCommand(),
  },
  pause: {
    summary: 'pause a running run',
    load: async () => (await import('./control/commands.js')).pauseCommand(),
  },
  resume: {
    summary: 'go on with a paused run',
    load: async () => (await import('./control/commands.js')).resumeCommand(),
  },
  stop: {
    summary: 'end a running run before its last step',
    load: async () => (await import('./control/commands.js')).stopCommand(),
  },
  set: {
    summary: 'change learning rate or workers of a running run',
    load: async () => (await import('./control/set.js')).setCommand(),
  },
  snapshot: {
    summary: 'take, list, check and export the snapshots of a run',
    load: async () => (await import('./snapshot.js')).snapshotCommand(),
  },
  view: {
    summary: 'the page of a run that is over',
    load: async () => (await import('./view.js')).viewCommand(),
  },
  compare: {
    summary: 'the curves of several runs laid over each other',
    load: async () => (await import('./view.js')).compareCommand(),
  },
  sample: {
    summary: 'what a snapshot answers to the prompts of its run',
    load: async () => (await import('./sample.js')).sampleCommand(),
  },
  generate: {
    summary: 'complete a prompt with a model, with or without adapter',
    load: async () => (await import('./generate.js')).generateCommand(),
  },
  evaluate: {
    summary: 'loss, rewards and margins of held-out rows',
    load: async () => (await import('./evaluate.js')).evaluateCommand(),
  },
  merge: {
    summary: 'write an adapter into its base model',
    load: async () => (await import('./merge.js')).mergeCommand(),
  },
  inspect: {
    summary: 'what a dataset or a model consists of',
    load: async () => (await import('./inspect.js')).inspectCommand(),
  },
  schema: {
    summary: 'the JSON schema of the configuration, for editors',
    load: async () => (await import('./config-schema.js')).schemaCommand(),
  },
  certs: {
    summary: 'certificates and a token for a run over a network',
    load: async () => (await import('./certs.js')).certsCommand(),
  },
  setup: {
    summary: 'get a native tensor engine',
    load: async () => (await import('./setup.js')).setupCommand(),
  },
  k8s: {
    summary: 'a run in a Kubernetes cluster',
    load: async () => (await import('./k8s.js')).k8sCommand(),
  },
  doctor: {
    summary: 'which engine this machine gets, and the remedy for what is missing',
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
};
