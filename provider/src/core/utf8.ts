/** Length in UTF-16 units of `bytes[start..end)` read as UTF-8, or -1 when a strict decoder would refuse the bytes. */
export function utf16Length(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at++;
      units++;
      continue;
    }
    const size = sequenceSize(lead);
    if (size === 0 || at + size > end || !continues(bytes, at, size)) return -1;
    at += size;
    units += size === 4 ? 2 : 1;
  }
  return units;
}

function sequenceSize(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** The continuation bytes; the second one also rules out over-long forms, surrogates and what lies beyond U+10FFFF. */
function continues(bytes: Uint8Array, at: number, size: number): boolean {
  const lead = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return false;
  for (let index = 2; index < size; index++) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return false;
  }
  return true;
}
