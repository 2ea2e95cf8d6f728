/**
 * The article's label of a session: user, first 3 characters of the device, unix seconds of `timeagg`, in capitals.
 * Only ASCII letters are raised, so that every engine writes the same label.
 */
export function sessionId(userId: string, deviceId: string, timeagg: number): string {
  const label = `${userId}_${firstThree(deviceId)}${Math.floor(timeagg / 1000)}`;
  return isAscii(label) ? label.toUpperCase() : label.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function firstThree(text: string): string {
  const first = text.slice(0, 3);
  return isAscii(first) ? first : (/^.{0,3}/su.exec(text)?.[0] ?? '');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
