/** The files of a snapshot, beside its manifest. */

export const PARAMETERS_FILE = 'parameters.f32';
export const FIRST_MOMENTS_FILE = 'first-moments.f32';
export const SECOND_MOMENTS_FILE = 'second-moments.f32';
export const REFERENCES_FILE = 'references.f64';
export const STATE_FILE = 'state.json';

/** Flat float32 arrays, each as long as the parameters. */
export const ARRAY_FILES = [PARAMETERS_FILE, FIRST_MOMENTS_FILE, SECOND_MOMENTS_FILE] as const;
export const CONTENT_FILES = [...ARRAY_FILES, REFERENCES_FILE, STATE_FILE] as const;
