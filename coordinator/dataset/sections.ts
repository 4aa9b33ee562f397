/** Cuts text at the tokens that were added to a vocabulary: they are found before anything else looks at the text. */

/** @returns a function from a text to its sections in order, the added tokens among them; none is empty */
export function sectionCutter(addedTokens: readonly string[]): (text: string) => string[] {
  if (addedTokens.length === 0) return (text) => (text === '' ? [] : [text]);
  const anyToken = anyOf(addedTokens);
  return (text) => {
    const sections: string[] = [];
    let end = 0;
    for (const { 0: token, index } of text.matchAll(anyToken)) {
      if (index > end) sections.push(text.slice(end, index));
      sections.push(token);
      end = index + token.length;
    }
    if (end < text.length) sections.push(text.slice(end));
    return sections;
  };
}

/** The longest token that starts at a place; by first characters, so that a text is passed over at once where none is. */
function anyOf(tokens: readonly string[]): RegExp {
  const endings = new Map<string, string[]>();
  for (const token of [...tokens].sort((a, b) => b.length - a.length)) {
    const first = token[0]!;
    endings.set(first, [...(endings.get(first) ?? []), token.slice(1)]);
  }
  const groups = [...endings].map(([first, rest]) => `${escaped(first)}(?:${rest.map(escaped).join('|')})`);
  return new RegExp(groups.join('|'), 'g');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
