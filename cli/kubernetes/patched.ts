/** How a few fields of an object are changed through the client, which takes a patch for a list of operations otherwise. */
import type { ConfigurationOptions } from '@kubernetes/client-node';

export async function patched(): Promise<ConfigurationOptions> {
  const { PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
  return setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
}
