/** What the coordinator is asked. Where it wants a token to show anything, a person is asked for it once. */
import { askToken, forgetToken, tokenOf } from './token.js';

const RETRY_MS = 1000;

/** Waits while the run is being opened, and for a coordinator that is away. @param onWait told why, each time. */
export async function load(path, onWait = () => undefined) {
  for (;;) {
    const response = await fetch(path, { headers: withToken() }).catch(() => undefined);
    if (response?.ok) return response.json();
    if (response?.status === 401) await newToken();
    else if (response && response.status !== 503 && response.status !== 429) throw new Error(await response.text());
    else {
      onWait(response ? 'opening' : 'away');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** @returns what the coordinator says: `{acknowledged}` or `{error}`. */
export async function command(token, given) {
  const body = JSON.stringify({ version: 1, token, ...given });
  const response = await fetch('api/command', { method: 'POST', body });
  if (response.ok) return response.json();
  return { error: { code: 'UNREACHABLE', message: await response.text() } };
}

export function withToken() {
  const token = tokenOf();
  return token ? { authorization: `Bearer ${token}` } : {};
}

async function newToken() {
  forgetToken();
  await askToken('Away from its own machine this run is shown to those who have its control token.');
}
