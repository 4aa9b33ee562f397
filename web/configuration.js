/** The run's configuration, every default filled in: as paths and values, as --set takes them. */
import { byId, element } from './dom.js';

export function showConfiguration(config) {
  const entries = flattened(config).map(([path, value]) =>
    element('div', {}, element('dt', { textContent: path }), element('dd', { textContent: value })),
  );
  byId('configuration').replaceChildren(element('dl', {}, ...entries));
}

/** Paths and values of every field, in the order of the configuration. */
export function flattened(tree, prefix = '') {
  return Object.entries(tree).flatMap(([name, value]) => {
    const isBranch = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (isBranch) return flattened(value, `${prefix}${name}.`);
    return [[`${prefix}${name}`, Array.isArray(value) ? value.join(', ') : String(value)]];
  });
}
