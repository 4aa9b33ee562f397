/**
 * What customers of the made-up shop write about. `{item}` stands for a good or a service; a topic's name, steps and
 * promises are what an answer that fits the prompt has to mention.
 */

export interface Topic {
  /** Sentences a customer writes; they begin in lower case, after a greeting. */
  readonly problems: readonly string[];
  /** The matter as the agent calls it, a noun phrase. */
  readonly name: string;
  /** What the customer can do next: follows "please" or "you can". */
  readonly steps: readonly string[];
  /** What the shop does then: a clause. */
  readonly promises: readonly string[];
  readonly items: readonly string[];
}

const GOODS = [
  'coffee machine',
  'desk lamp',
  'winter jacket',
  'phone case',
  'office chair',
  'bread knife',
  'water bottle',
  'travel bag',
  'keyboard',
  'camera',
  'tent',
  'kettle',
  'bicycle helmet',
  'wool blanket',
  'bookshelf',
  'toaster',
  'wrist watch',
  'garden hose',
  'printer',
  'vacuum cleaner',
  'guitar',
  'monitor',
  'yoga mat',
  'rain coat',
];

const SERVICES = [
  'music plan',
  'phone plan',
  'photo storage',
  'online course',
  'gym pass',
  'news subscription',
  'video plan',
  'travel insurance',
  'parking permit',
  'cloud backup',
  'language course',
  'cooking class',
  'family plan',
  'student plan',
];

export const TOPICS: readonly Topic[] = [
  {
    problems: [
      'my {item} has not arrived yet.',
      'I am still waiting for my {item}.',
      'where is my {item}?',
      'my {item} was due last week.',
      'the tracking page shows nothing about my {item}.',
    ],
    name: 'the late delivery of your {item}',
    steps: ['send me the order number', 'check the tracking link in your email', 'confirm the delivery address'],
    promises: ['we will ask the carrier today', 'I will trace the parcel right away', 'we will ship it again for free'],
    items: GOODS,
  },
  {
    problems: [
      'my {item} arrived broken.',
      'the {item} I ordered has a crack.',
      'my new {item} came with a big scratch.',
      'the box was open and my {item} is damaged.',
    ],
    name: 'the damage to your {item}',
    steps: ['send us a photo of the damage', 'keep the box for the carrier', 'tell me the order number'],
    promises: ['we will send a new one tomorrow', 'I will arrange a pickup', 'we will replace it for free'],
    items: GOODS,
  },
  {
    problems: [
      'I want my money back for the {item}.',
      'how do I get a refund for my {item}?',
      'I returned my {item} and got no refund.',
      'can I still return the {item}?',
    ],
    name: 'the refund for your {item}',
    steps: [
      'print the return label from your account',
      'send me the return receipt',
      'choose a refund on the order page',
    ],
    promises: [
      'we will pay it back within five days',
      'I will check the payment today',
      'the money will be on its way',
    ],
    items: GOODS,
  },
  {
    problems: [
      'my {item} stopped working.',
      'my {item} is under warranty and does nothing.',
      'can you repair my {item}?',
      'my {item} makes a strange noise.',
    ],
    name: 'the repair of your {item}',
    steps: ['try a restart first', 'read me the serial number on the back', 'bring it to the nearest shop'],
    promises: ['our workshop will repair it this week', 'I will book a repair for you', 'we will lend you another one'],
    items: GOODS,
  },
  {
    problems: [
      'I was charged twice for my {item}.',
      'the bill for my {item} is too high.',
      'there is a fee for my {item} that I do not know.',
      'I need an invoice for my {item}.',
    ],
    name: 'the bill for your {item}',
    steps: ['send me the invoice number', 'open the billing page', 'tell me the date of the payment'],
    promises: ['I will correct the amount', 'our billing team will check it today', 'we will send a new invoice'],
    items: [...GOODS, ...SERVICES],
  },
  {
    problems: [
      'I want to cancel my {item}.',
      'how can I end my {item}?',
      'please stop my {item} next month.',
      'my {item} was renewed and I did not ask for it.',
    ],
    name: 'the end of your {item}',
    steps: ['open the settings and choose cancel', 'confirm the date by email', 'tell me the contract number'],
    promises: ['I will stop the next payment', 'we will confirm it within a day', 'we will undo the renewal'],
    items: SERVICES,
  },
  {
    problems: [
      'I cannot log in to my {item}.',
      'the password for my {item} is wrong.',
      'my {item} is locked.',
      'the app does not open my {item}.',
    ],
    name: 'the access to your {item}',
    steps: [
      'reset the password on the login page',
      'update the app and try again',
      'tell me the email you signed up with',
    ],
    promises: ['I will unlock it at once', 'we will send a new link', 'our technicians will look into it'],
    items: SERVICES,
  },
  {
    problems: [
      'how do I upgrade my {item}?',
      'I want to change my {item}.',
      'can I move my {item} to another name?',
      'is there a cheaper rate for my {item}?',
    ],
    name: 'the change of your {item}',
    steps: ['pick a new option on the plan page', 'tell me the start date', 'fill in the short form online'],
    promises: ['I will make the change today', 'we will keep the old price', 'we will confirm it by email'],
    items: SERVICES,
  },
];
