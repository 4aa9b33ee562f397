/**
 * A disk in memory that can lose power: what was not synced is gone, torn, or there by luck. Files keep what their last
 * sync saw; folders keep the names of their last sync, and any of the later changes of names may or may not have
 * reached the disk, each by itself.
 */
import { basename, dirname } from 'node:path';
import type { FileOperations, NewFile, OpenFile } from '../../coordinator/snapshots/file-operations.js';

type Random = () => number;

interface FileNode {
  readonly kind: 'file';
  bytes: Buffer;
  synced: Buffer;
}

interface FolderNode {
  readonly kind: 'folder';
  names: Map<string, Node>;
  synced: Map<string, Node>;
  /** Changes of names since the last sync. */
  pending: ((names: Map<string, Node>) => void)[];
}

type Node = FileNode | FolderNode;

export class PowerFailure extends Error {}

export interface CrashingDisk {
  readonly files: FileOperations;
  /** Operations so far that change something. */
  operations(): number;
  /** From this operation on, all fail; the one itself may be done in part. */
  crashAt(operation: number): void;
  /** The disk after power came back. */
  afterPowerFailure(random: Random): CrashingDisk;
  /** All files, by path. */
  contents(): Map<string, Buffer>;
  put(path: string, bytes: Buffer): void;
}

export function createDisk(root: FolderNode = folderNode()): CrashingDisk {
  let operations = 0;
  let crashAt = Number.POSITIVE_INFINITY;
  /** Runs a change, or the power fails before it; `inPart` is what may still happen of it then. */
  const change = (action: () => void, inPart: () => void = () => undefined) => {
    operations++;
    if (operations < crashAt) return action();
    if (operations === crashAt) inPart();
    throw new PowerFailure(`power failed at operation ${operations}`);
  };
  const read = () => {
    if (operations >= crashAt) throw new PowerFailure('no power');
  };
  return {
    files: fileOperations(root, change, read),
    operations: () => operations,
    crashAt: (operation) => {
      crashAt = operations + operation;
    },
    afterPowerFailure: (random) => createDisk(survivor(root, random) as FolderNode),
    contents: () => new Map(filesIn(root, '')),
    put: (path, bytes) => putFile(root, path, bytes),
  };
}

function fileOperations(
  root: FolderNode,
  change: (action: () => void, inPart?: () => void) => void,
  read: () => void,
): FileOperations {
  return {
    async makeFolder(path) {
      change(() => addName(root, path, folderNode()));
    },
    async list(path) {
      read();
      return [...folderAt(root, path).names.keys()];
    },
    async create(path) {
      const file: FileNode = { kind: 'file', bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      change(() => addName(root, path, file));
      return newFile(file, change);
    },
    async open(path) {
      read();
      return openFile(fileAt(root, path));
    },
    async rename(from, to) {
      change(() => rename(root, from, to));
    },
    async removeFile(path) {
      change(() => removeName(root, path));
    },
    async removeFolder(path) {
      change(() => {
        if (folderAt(root, path).names.size > 0) throw errno('ENOTEMPTY', path);
        removeName(root, path);
      });
    },
    async syncFolder(path) {
      change(() => {
        const folder = folderAt(root, path);
        folder.synced = new Map(folder.names);
        folder.pending = [];
      });
    },
  };
}

function newFile(file: FileNode, change: (action: () => void, inPart?: () => void) => void): NewFile {
  return {
    async write(bytes) {
      const whole = Buffer.concat([file.bytes, bytes]);
      const half = whole.subarray(0, file.bytes.length + (bytes.length >> 1));
      change(
        () => {
          file.bytes = whole;
        },
        () => {
          file.bytes = half;
        },
      );
    },
    async sync() {
      change(() => {
        file.synced = file.bytes;
      });
    },
    close: async () => undefined,
  };
}

function openFile(file: FileNode): OpenFile {
  return {
    size: async () => file.bytes.length,
    read: async (into, position) => file.bytes.copy(into, 0, position, position + into.length),
    close: async () => undefined,
  };
}

/** Content that was not synced: the old one, all of it, its beginning, or its length with zeros for what did not make it. */
function survivor(node: Node, random: Random): Node {
  if (node.kind === 'file') {
    const bytes = survivingBytes(node, random);
    return { kind: 'file', bytes, synced: bytes };
  }
  const names = new Map(node.synced);
  const luck = random();
  for (const apply of node.pending) if (luck < 0.2 || (luck < 0.8 && random() < 0.5)) apply(names);
  for (const [name, child] of names) names.set(name, survivor(child, random));
  return { kind: 'folder', names, synced: new Map(names), pending: [] };
}

function survivingBytes({ bytes, synced }: FileNode, random: Random): Buffer {
  if (bytes.equals(synced)) return bytes;
  const fate = random();
  if (fate < 0.25) return synced;
  if (fate < 0.5) return bytes;
  const until = synced.length + Math.floor(random() * (bytes.length - synced.length));
  const start = bytes.subarray(0, until);
  return fate < 0.75 ? start : Buffer.concat([start, Buffer.alloc(bytes.length - until)]);
}

function addName(root: FolderNode, path: string, node: Node): void {
  const folder = folderAt(root, dirname(path));
  if (folder.names.has(basename(path))) throw errno('EEXIST', path);
  changeNames(folder, (names) => names.set(basename(path), node));
}

function removeName(root: FolderNode, path: string): void {
  nodeAt(root, path);
  changeNames(folderAt(root, dirname(path)), (names) => names.delete(basename(path)));
}

/** Within one folder, as snapshots do it: both names change at once, or neither does. */
function rename(root: FolderNode, from: string, to: string): void {
  const node = nodeAt(root, from);
  const folder = folderAt(root, dirname(to));
  const target = folder.names.get(basename(to));
  if (target?.kind === 'folder' && target.names.size > 0) throw errno('ENOTEMPTY', to);
  changeNames(folder, (names) => {
    names.delete(basename(from));
    names.set(basename(to), node);
  });
}

function changeNames(folder: FolderNode, apply: (names: Map<string, Node>) => void): void {
  apply(folder.names);
  folder.pending.push(apply);
}

function putFile(root: FolderNode, path: string, bytes: Buffer): void {
  const folder = folderAt(root, dirname(path));
  const file: FileNode = { kind: 'file', bytes, synced: bytes };
  folder.names.set(basename(path), file);
  folder.synced.set(basename(path), file);
}

function nodeAt(root: FolderNode, path: string): Node {
  let at: Node = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (at.kind === 'file') throw errno('ENOTDIR', path);
    const next = at.names.get(name);
    if (!next) throw errno('ENOENT', path);
    at = next;
  }
  return at;
}

function folderAt(root: FolderNode, path: string): FolderNode {
  const node = nodeAt(root, path);
  if (node.kind === 'file') throw errno('ENOTDIR', path);
  return node;
}

function fileAt(root: FolderNode, path: string): FileNode {
  const node = nodeAt(root, path);
  if (node.kind === 'folder') throw errno('EISDIR', path);
  return node;
}

function* filesIn(folder: FolderNode, path: string): Generator<[string, Buffer]> {
  for (const [name, node] of folder.names) {
    if (node.kind === 'file') yield [`${path}/${name}`, node.bytes];
    else yield* filesIn(node, `${path}/${name}`);
  }
}

function folderNode(): FolderNode {
  return { kind: 'folder', names: new Map(), synced: new Map(), pending: [] };
}

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
