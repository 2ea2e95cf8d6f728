/**
 * Partition key of a visitor: 16 hex digits, two 32-bit FNV-1a hashes of (user_id, device_id).
 * All events of one visitor on one device share it, so a stream keeps them in order. Not a secret, not an identity.
 */
export function partitionKey(userId: string, deviceId: string): string {
  const text = `${userId}\u0000${deviceId}`;
  return hex(fnv1a(text, 0x811c9dc5)) + hex(fnv1a(text, 0x01000193));
}

function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
