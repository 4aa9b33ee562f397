/** The little that is needed to fill a page. */

export function byId(id) {
  return document.getElementById(id);
}

/** @param properties of the element; `data` and `style` name attributes and custom properties. */
export function element(tag, properties = {}, ...children) {
  const { data = {}, style = {}, attributes = {}, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  for (const [name, value] of Object.entries(data)) if (value !== undefined) made.dataset[name] = value;
  for (const [name, value] of Object.entries(style)) made.style.setProperty(name, value);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Leaves alone what says so already: a screen reader would read it again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A row of a table; the first cell names it. */
export function tableRow(cells) {
  const made = cells.map((cell, column) => {
    const { text, tone, isNumber } = typeof cell === 'object' ? cell : { text: cell };
    const properties = { textContent: text, title: text, className: isNumber ? 'number' : '', data: { tone } };
    return column === 0 ? element('th', { ...properties, scope: 'row' }) : element('td', properties);
  });
  return element('tr', {}, ...made);
}
