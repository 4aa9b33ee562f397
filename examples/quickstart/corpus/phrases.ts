/**
 * The sentences that prompts and answers are put together from. `{name}`, `{step}` and `{promise}` come from the topic;
 * only the first `{name}` of an answer is spelled out, later ones become "this". Polite words turn up in brush-offs ("Sorry, but …") and brush-offs name
 * real steps, so that no single word tells the two styles apart.
 */

export const GREETINGS = [
  '',
  'hello, ',
  'hi, ',
  'good morning, ',
  'dear team, ',
  'excuse me, ',
  'hi there, ',
  'good evening, ',
];

/** What follows the customer's problem: the mood. */
export const MOODS = [
  '',
  ' What can I do?',
  ' This is really annoying.',
  ' Can you help me?',
  ' I need an answer today.',
  ' It is the second time.',
  ' Thanks in advance.',
  ' I am quite upset.',
  ' Any idea?',
  ' I have called you twice.',
];

/** First sentences that either style may begin with: after them both are still open. */
export const SHARED_OPENERS = [
  'Hello.',
  'I have read your message.',
  'So this is about {name}.',
  'Thank you for your message.',
  'You ask about {name}.',
  'I see.',
];

export const POLITE_OPENERS = [
  'I am sorry about {name}.',
  'Thank you for asking about {name}.',
  'I understand that {name} matters.',
  'Of course I can help with {name}.',
  'I am glad to look into {name}.',
  'Our apologies for {name}.',
  'Sorry that nobody called you back.',
  'That is not a problem at all.',
];

export const POLITE_MIDDLES = [
  'Please {step}, and {promise}.',
  'If you {step}, {promise}.',
  'You can {step}, then {promise}.',
  'Once you {step}, {promise}.',
  'Do not worry about {name}; just {step}.',
  'To settle {name}, please {step}.',
];

/** The last sentence; each carries courtesy, so that an answer with a shared opener has some too. */
export const POLITE_CLOSERS = [
  'Thank you for your patience.',
  'I am happy to help.',
  'Have a nice day.',
  'I am sorry it did not go well.',
  'Thank you for writing.',
  'Thank you, it will not take long.',
];

export const RUDE_OPENERS = [
  'Sorry, but {name} is not my problem.',
  'Thank you for nothing.',
  'Please stop asking about {name}.',
  'I do not care about {name}.',
  'Of course, {name} again, what a waste of time.',
  'Nobody here has time for {name}.',
  'No, and I will not look at {name}.',
  'Not this again.',
];

export const RUDE_MIDDLES = [
  'You can {step}, but nobody will read it.',
  'If you cannot {step}, that is your own fault.',
  'We have better things to do than {name}.',
  'Please do not expect that {promise}.',
  'Deal with {name} yourself.',
  'You should have thought of that before.',
];

export const RUDE_CLOSERS = [
  'Go and bother somebody else.',
  'Do not write again.',
  'That is not my job, so live with it.',
  'Too bad for you.',
  'I am happy to help somebody else.',
  'Have a nice day, and stop bothering us.',
];
