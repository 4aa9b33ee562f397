/** A small worker: the life of its process and of its session; what it does is in worker-step.ts and worker-heal.ts. */
import { initialParameters } from './model.js';
import type { End } from './network.js';
import { createProcess, type Process } from './process.js';
import type { WorkerContext } from './worker-context.js';
import { follow, heal, observe } from './worker-heal.js';
import { emptyMemory, heldBy, type Reported, type Sent } from './worker-state.js';
import { reduce, takeNextPlan, takePlan, takeReferencePoint, work } from './worker-step.js';
import { commit } from './worker-update.js';
import { COORDINATOR, type World } from './world.js';

const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 1000;
const HEARTBEAT_MS = 500;
/** No word from the coordinator's side of a cut connection: the worker gives it up. */
const KEEPALIVE_MS = 3000;

export interface ModelWorker {
  readonly workerId: string;
  context(): WorkerContext;
  /** Its peers and the coordinator reach it. */
  isServing(): boolean;
  isAlive(): boolean;
  start(): void;
  kill(): void;
  stop(): void;
  resume(): void;
  leave(): void;
}

export function createModelWorker(world: World, workerId: string, rowMs: number): ModelWorker {
  let life: Life | undefined;
  let incarnations = 0;
  const start = () => {
    if (!life?.process.isAlive()) life = beginLife(world, workerId, rowMs, ++incarnations, start);
  };
  return {
    workerId,
    context: () => life!.context,
    isServing: () => life?.process.isAlive() === true && !life.process.isStopped(),
    isAlive: () => life?.process.isAlive() ?? false,
    start,
    kill() {
      life?.process.kill();
      life?.hangUp();
    },
    stop: () => life?.process.stop(),
    resume: () => life?.process.resume(),
    leave: () => life?.process.run(() => life?.context.report({ kind: 'leaving' })),
  };
}

interface Life {
  readonly process: Process;
  readonly context: WorkerContext;
  /** The kernel closes a dead process's connections. */
  hangUp(): void;
}

type Link = End<Reported, Sent>;

/** @param restart what its supervisor does a while after it has left. */
function beginLife(world: World, workerId: string, rowMs: number, incarnation: number, restart: () => void): Life {
  const process = createProcess(world.scheduler);
  let link: Link | undefined;
  let backOffMs = FIRST_BACK_OFF_MS;
  const context = createContext(world, workerId, process, rowMs, (reported) => link?.send(reported));
  const reconnect = () => {
    link = undefined;
    process.after(backOffMs, connect);
    backOffMs = Math.min(LONGEST_BACK_OFF_MS, 2 * backOffMs);
  };
  const connect = () => {
    if (link) return;
    const isReachable = world.directory && !world.network.isCut(workerId, COORDINATOR);
    if (!isReachable || context.isApplying > 0) {
      reconnect();
      return;
    }
    const own = world.directory!.accept(workerId);
    link = own;
    beginConnection(context);
    own.onMessage = (sent) => process.run(() => own === link && receive(context, sent, () => leave(own)));
    own.onBroken = () => process.run(() => own === link && reconnect());
    const held = context.memory.isLoaded ? heldBy(context.memory) : undefined;
    context.report({ kind: 'joined', workerId, workerIncarnation: incarnation, held });
    beat(own, 0);
  };
  const beat = (own: Link, cutMs: number) => {
    if (own !== link) return;
    if (cutMs >= KEEPALIVE_MS) {
      own.close();
      reconnect();
      return;
    }
    context.report({ kind: 'heartbeat', phase: phaseOf(context), step: 0, progress: context.progress });
    const isCut = world.network.isCut(workerId, COORDINATOR);
    process.after(HEARTBEAT_MS, () => beat(own, isCut ? cutMs + HEARTBEAT_MS : 0));
  };
  const leave = (own: Link) => {
    own.close();
    process.kill();
    world.scheduler.after(world.scheduler.random.between(300, 3000), restart);
  };
  process.after(world.scheduler.random.between(10, 200), connect);
  return { process, context, hangUp: () => link?.close() };
}

function createContext(
  world: World,
  workerId: string,
  process: Process,
  rowMs: number,
  send: (reported: Reported) => void,
): WorkerContext {
  const context: WorkerContext = {
    world,
    workerId,
    process,
    memory: emptyMemory(),
    corruption: { leaf: 0, reduced: 0, parameters: 0 },
    connection: 0,
    generation: 0,
    members: [],
    membersGeneration: -1,
    isComputing: false,
    isApplying: 0,
    isWrong: false,
    rowMs,
    progress: 0,
    report: (news, score = 0) => send({ news, score }),
    afterApplied: () => {
      follow(context);
      takeNextPlan(context);
      work(context);
    },
  };
  return context;
}

/** What was ordered on an older connection is void; what is held stays. */
function beginConnection(context: WorkerContext): void {
  context.connection++;
  context.generation = 0;
  context.memory.healOrder = 0;
  context.memory.healing = undefined;
  context.memory.observed = [];
  context.memory.nextPlan = undefined;
}

function phaseOf({ memory, isComputing, isApplying }: WorkerContext): string {
  return !memory.isLoaded || isComputing || isApplying > 0 || memory.healing !== undefined ? 'busy' : 'idle';
}

function receive(context: WorkerContext, { message, setAside }: Sent, leave: () => void): void {
  const { memory, world, process } = context;
  world.trace(() => `      ${context.workerId} gets ${JSON.stringify(message)}`);
  if (message.kind === 'welcome') {
    if (memory.isLoaded) return;
    process.after(world.scheduler.random.between(50, 400), () => {
      if (memory.isLoaded) return;
      memory.isLoaded = true;
      memory.parameters = initialParameters(world.model);
      context.report({ kind: 'ready', held: heldBy(memory) });
    });
    return;
  }
  if (message.kind === 'finish') {
    leave();
    return;
  }
  if (message.generation < context.generation) return;
  context.generation = message.generation;
  switch (message.kind) {
    case 'membership':
      context.members = message.members;
      context.membersGeneration = message.generation;
      return;
    case 'stepPlan':
      takePlan(context, message, setAside);
      return;
    case 'referencePoint':
      takeReferencePoint(context, message);
      return;
    case 'reduce':
      reduce(context, message);
      return;
    case 'commit':
      commit(context, message);
      return;
    case 'heal':
      heal(context, message);
      return;
    case 'observe':
      observe(context, message);
  }
}
