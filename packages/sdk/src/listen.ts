/** Listens on window before anyone else; what is dispatched on the document passes here too. */
export const listen = (types: string, listener: (event: Event) => unknown): void =>
  types.split(' ').forEach((type) => addEventListener(type, listener, true));
