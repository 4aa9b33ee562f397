/** Which engines this machine has; what a test leaves out for lack of one, it says loudly. */
import { cacheFolder } from '../../core/cache-folder.js';
import { locateNativeEngines } from '../../worker/engine/native/locate.js';

export type TestedEngine = 'wasm' | 'tensorflow';

export const ENGINES: readonly TestedEngine[] = nativeIsThere() ? ['wasm', 'tensorflow'] : ['wasm'];

function nativeIsThere(): boolean {
  if (locateNativeEngines('tensorflow', cacheFolder()).length > 0) return true;
  console.warn(
    '\n!!! SKIPPED: everything on the native engine, which is not set up here (prospect setup --engine tensorflow).\n',
  );
  return false;
}
