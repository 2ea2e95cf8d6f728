/** What the optional modules need of a client. */
export interface Tracker {
  track(name: string, properties?: object): void;
}
