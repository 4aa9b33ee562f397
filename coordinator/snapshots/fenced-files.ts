/** File operations of a coordinator that may have been replaced: it gives no folder a name then, and removes nothing. */
import type { Fence } from '../journal/fence.js';
import type { FileOperations } from './file-operations.js';

export function fencedFiles(files: FileOperations, { mayAct }: Pick<Fence, 'mayAct'>): FileOperations {
  return {
    ...files,
    async rename(from, to) {
      await mayAct();
      await files.rename(from, to);
    },
    async removeFile(path) {
      await mayAct();
      await files.removeFile(path);
    },
    async removeFolder(path) {
      await mayAct();
      await files.removeFolder(path);
    },
  };
}
