/** Digits of a sequence number, which has 186 bits. */
const width = 56;

/**
 * Position of a sequence number: fixed width, so that string order is record order.
 *
 * @throws RangeError if it is longer than any that Kinesis gives
 */
export function toSequencePosition(sequenceNumber: string): string {
  if (sequenceNumber.length > width)
    throw new RangeError(`sequence number ${sequenceNumber}: over ${width} digits; not one of Kinesis`);
  return sequenceNumber.padStart(width, '0');
}

/**
 * Sequence number of a position.
 *
 * @throws RangeError if `toSequencePosition` did not write it
 */
export function fromSequencePosition(position: string): string {
  if (!/^\d{56}$/.test(position))
    throw new RangeError(`position ${position}: not one of this stream; takes ${width} digits`);
  return position.replace(/^0+(?=\d)/, '');
}
