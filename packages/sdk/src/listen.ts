/** Listens on window before anyone else; what is dispatched on the document passes here too. */
export function listen(types: string, listener: (event: Event) => void, target: EventTarget = window): void {
  for (const type of types.split(' ')) target.addEventListener(type, listener, true);
}
