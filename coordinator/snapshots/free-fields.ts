/** Fields of the configuration that a resumed run may change without being asked: none of them changes a bit of it. */

export const FREE_FIELDS: Readonly<Record<string, string>> = {
  output: 'a folder may be moved; the snapshots in it say what run it is',
  model: 'a folder may be moved; the digest of the model’s files is compared instead',
  'data.train': 'files may be moved; the digest of the rows is compared instead',
  workers: 'the result does not depend on how many there are',
  engine: 'what the workers compute with is compared instead, as they join',
  engineMismatch: 'it decides who may join, not what is computed',
  nats: 'it is told what happens, and decides nothing of it',
  metrics: 'who looks at a run changes nothing of it',
  samples: 'they are made of snapshots, beside the training',
  logLevel: 'it decides what is shown',
  snapshots: 'they are taken beside the training',
  evaluation: 'it reads the weights and never changes them',
  publish: 'the adapter is read and never changed',
  'data.badRows': 'it decides when a run ends for bad rows; the digest of the good ones is compared',
  'data.deadLetters': 'it says where rows go that are not used',
  'data.listen': 'it says where rows are taken, not which',
  'data.tokenVariable': 'it decides who may send rows',
  'data.rowsPerSecond': 'it decides how fast rows are taken',
  'data.minOfEachClass': 'the rows of each step are in the journal; it is about steps to come',
  'data.maxWaitSeconds': 'the rows of each step are in the journal; it is about steps to come',
  'data.setAside': 'it decides when a run ends for rows whose scores are not finite',
  control: 'it decides who may steer the run',
  audit: 'what is computed twice is compared, and used once',
};

/** A name stands for a field, or for a section and all that is in it. */
export function isNamed(field: string, names: Iterable<string>): boolean {
  for (const name of names) if (field === name || field.startsWith(`${name}.`)) return true;
  return false;
}
