/** The run's control token: asked for once, and kept until the tab is closed. */
import { byId } from './dom.js';

const KEY = 'prospect.token';

export function tokenOf() {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** @returns undefined when it was not given. */
export function askToken(why) {
  const dialog = byId('token-dialog');
  const input = byId('token');
  byId('token-why').textContent = why;
  input.value = '';
  dialog.returnValue = 'cancel';
  if (!dialog.open) dialog.showModal();
  input.focus();
  // Enter uses it, wherever the form's first button is.
  input.onkeydown = (event) => {
    if (event.key !== 'Enter' || input.value === '') return;
    event.preventDefault();
    dialog.close('use');
  };
  return new Promise((resolve) => {
    const closed = () => {
      const token = dialog.returnValue === 'use' ? input.value.trim() : '';
      if (token !== '') sessionStorage.setItem(KEY, token);
      resolve(token === '' ? undefined : token);
    };
    dialog.addEventListener('close', closed, { once: true });
  });
}
