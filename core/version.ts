/** Version of prospect: all processes of a run must have the same one. A test pins it to package.json. */
export const VERSION = '0.1.0';
