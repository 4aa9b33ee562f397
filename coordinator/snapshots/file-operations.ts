/**
 * The few file operations that snapshots are made of, behind a narrow interface: tests crash at each of them, and lose
 * what was not synced.
 */
import { mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';

export interface NewFile {
  /** Appends all of the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was written survives a crash; the file's name does only when its folder is synced too. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** @returns how many bytes were read; fewer than fit at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** All throw Node's errno errors. */
export interface FileOperations {
  /** EEXIST when it is there. */
  makeFolder(path: string): Promise<void>;
  /** Names of files and folders in it. */
  list(folder: string): Promise<string[]>;
  /** EEXIST when it is there. */
  create(path: string): Promise<NewFile>;
  open(path: string): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** An empty one. */
  removeFolder(path: string): Promise<void>;
  /** Names that were made, changed or removed in it survive a crash. */
  syncFolder(path: string): Promise<void>;
}

export const diskFiles: FileOperations = {
  makeFolder: (path) => mkdir(path),
  list: (folder) => readdir(folder),
  create: createFile,
  open: openFile,
  rename,
  removeFile: unlink,
  removeFolder: rmdir,
  syncFolder: async (path) => {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  },
};

async function createFile(path: string): Promise<NewFile> {
  const handle = await open(path, 'wx');
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r');
  return {
    size: async () => (await handle.stat()).size,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    close: () => handle.close(),
  };
}
