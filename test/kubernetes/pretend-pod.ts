/**
 * A pod as a process of this machine: command, arguments, environment and files are the manifest's, the address is a
 * loopback address of its own, and probes are asked as a kubelet does, ten times as often.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1EnvVar, V1PodTemplateSpec, V1Probe } from '@kubernetes/client-node';
import { DockerfileParser } from 'dockerfile-ast';
import { PROJECT_ROOT } from '../support/project-root.js';
import { MAIN } from '../support/prospect.js';
import type { PodFiles } from './pod-files.js';

export interface PretendPod {
  readonly child: ChildProcess;
  /** Arguments as the process gets them. */
  readonly args: readonly string[];
  isReady(): boolean;
  output(): string;
  /** Exit code, 128 + signal's number for SIGKILL. */
  readonly ended: Promise<number>;
  /** As a kubelet ends a pod. */
  end(): Promise<number>;
}

export interface PodOptions {
  readonly template: V1PodTemplateSpec;
  readonly files: PodFiles;
  readonly ip: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of Services, and the addresses behind them. */
  readonly services: Readonly<Record<string, string>>;
  /** What the image's environment is on this machine. */
  readonly image: Readonly<Record<string, string>>;
}

const FASTER = 10;
const KILLED = 137;

export function startPod(options: PodOptions): PretendPod {
  const { template, files, ip, image } = options;
  const { containers, terminationGracePeriodSeconds = 30 } = template.spec!;
  const [container] = containers;
  const { env = [], args = [], ports = [] } = container!;
  const variables = environmentOf(env, options);
  const given = args.map((arg) => localised(files.here(expanded(arg, variables)), options));
  const [command, ...before] = entrypoint();
  const child = spawn(command!, [...before, ...given], {
    env: { ...image, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const closed = once(child, 'close');
  const ended = closed.then(([code]) => (code as number | null) ?? KILLED);
  const url = ({ httpGet }: V1Probe) => {
    const port = ports.find((one) => one.name === httpGet?.port)?.containerPort;
    return `http://${ip}:${port}${httpGet?.path}`;
  };
  const probes = watch(container!, url, () => child.kill('SIGKILL'), ended);
  return {
    child,
    args: given,
    isReady: probes.isReady,
    output: () => output,
    ended,
    async end() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), terminationGracePeriodSeconds * 1000);
      return ended.finally(() => clearTimeout(timer));
    },
  };
}

/** The image's, with this checkout in the place of its folder. */
function entrypoint(): string[] {
  const dockerfile = DockerfileParser.parse(readFileSync(join(PROJECT_ROOT, 'deploy', 'images', 'Dockerfile'), 'utf8'));
  const last = dockerfile.getENTRYPOINTs().at(-1)!;
  const words = JSON.parse(last.getArgumentsContent() ?? '[]') as string[];
  return words.map((word) => (word === 'node' ? process.execPath : word.endsWith('/dist/cli/main.js') ? MAIN : word));
}

function environmentOf(env: readonly V1EnvVar[], { files, ip, annotations }: PodOptions): Record<string, string> {
  const read = ({ value, valueFrom }: V1EnvVar): string => {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path === 'status.podIP') return ip;
    const [, annotation] = /^metadata\.annotations\['(.*)'\]$/.exec(path ?? '') ?? [];
    if (annotation !== undefined) return annotations[annotation]!;
    if (value === undefined) throw new Error('this pretend kubelet does not know where that value comes from');
    return files.here(value);
  };
  return Object.fromEntries(env.map((variable) => [variable.name, read(variable)]));
}

function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\((\w+)\)/g, (_, name: string) => variables[name]!);
}

/** All addresses of a pod are the one that it has; what a Service's name stands for, DNS would say. */
function localised(text: string, { ip, services }: PodOptions): string {
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(text) ?? [];
  if (host === undefined) return text;
  return `${host === '0.0.0.0' ? ip : (services[host] ?? host)}:${port}`;
}

type Probed = Readonly<Partial<Record<'startupProbe' | 'readinessProbe' | 'livenessProbe', V1Probe>>>;

function watch(probed: Probed, url: (probe: V1Probe) => string, kill: () => void, ended: Promise<unknown>) {
  let isStarted = false;
  let isReady = false;
  const ask = async (probe: V1Probe) => (await fetch(url(probe)).catch(() => undefined))?.ok ?? false;
  const every = (probe: V1Probe, act: (isGood: boolean) => void) => {
    const timer = setInterval(() => void ask(probe).then(act), ((probe.periodSeconds ?? 10) * 1000) / FASTER);
    void ended.then(() => {
      isReady = false;
      clearInterval(timer);
    });
  };
  let failures = 0;
  every(probed.startupProbe!, (isGood) => {
    isStarted ||= isGood;
  });
  every(probed.readinessProbe!, (isGood) => {
    isReady = isStarted && isGood;
  });
  every(probed.livenessProbe!, (isGood) => {
    failures = isGood || !isStarted ? 0 : failures + 1;
    if (failures >= (probed.livenessProbe!.failureThreshold ?? 3) * FASTER) kill();
  });
  return { isReady: () => isReady };
}
