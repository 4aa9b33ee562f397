/** What the coordinator needs of a logger; pino has it. */
export interface RunLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}
