/** Where a request came from, as far as the collector can trust it. */
export interface AddressSource {
  /** Address of the other end of the connection, if there is a socket. */
  socketAddress: string | undefined;
  /** `X-Forwarded-For`, to which each proxy adds the address it was called from. */
  forwardedFor: string | undefined;
}

/**
 * Address of the client, or null. What stands further left in X-Forwarded-For than the trusted proxies wrote is the
 * client's own invention.
 *
 * @param trustedHops proxies of ours between client and collector; 0 = the client connects to us
 */
export function clientAddress({ socketAddress, forwardedFor }: AddressSource, trustedHops: number): string | null {
  if (trustedHops === 0) return socketAddress ?? null;
  const addresses = forwardedFor?.split(',') ?? [];
  const address = addresses[addresses.length - trustedHops]?.trim();
  // Some proxies write the port too, which is another one with each connection.
  return address === undefined ? null : withoutPort(address);
}

/** An address cut to its network, /24 of IPv4 and /48 of IPv6, or null if it is none. */
export function truncateAddress(address: string): string | null {
  const bare = withoutPort(address);
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(bare);
  if (v4) return v4.slice(1).every((part) => Number(part) < 256) ? `${v4[1]}.${v4[2]}.${v4[3]}.0` : null;
  const groups = v6Groups(bare);
  if (!groups) return null;
  const network = groups.slice(0, 3).map((group) => group.toString(16));
  return `${network.join(':').replace(/(?:(?:^|:)0)+$/, '')}::`;
}

/** `[2001:db8::1]:443`, `192.0.2.1:443` and `fe80::1%eth0` without what is not the address. */
function withoutPort(address: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(address);
  if (bracketed) return bracketed[1]!;
  const port = /^([\d.]+):\d+$/.exec(address);
  return port ? port[1]! : address.replace(/%.*$/, '');
}

function v6Groups(address: string): number[] | null {
  if (!/^[\da-f:]{2,39}$/i.test(address)) return null;
  const [head, tail, more] = address.split('::');
  if (more !== undefined) return null;
  const left = groupsOf(head!);
  const right = tail === undefined ? [] : groupsOf(tail);
  if (!left || !right) return null;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null;
}
