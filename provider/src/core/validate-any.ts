import type { BoundedReader } from "./bounded-reader.ts";

/** Walks one value in lib0's `any` encoding; `depthMax` bounds arrays and objects inside one another. */
export function readAny(reader: BoundedReader, depthMax: number): void {
  const type = reader.uint8();
  switch (type) {
    case 127: // undefined
    case 126: // null
    case 121: // false
    case 120: // true
      return;
    case 125:
      reader.varInt();
      return;
    case 124:
      reader.skip(4);
      return;
    case 123:
    case 122:
      reader.skip(8);
      return;
    case 119:
      reader.skipVarString();
      return;
    case 118:
      readObject(reader, depthMax);
      return;
    case 117:
      readArray(reader, depthMax);
      return;
    case 116:
      reader.varBytes();
      return;
    default:
      reader.fail("unknown-any-type");
  }
}

function readObject(reader: BoundedReader, depthMax: number): void {
  if (depthMax < 1) reader.fail("any-too-deep");
  const entries = reader.count(2);
  for (let index = 0; index < entries && reader.ok; index++) {
    reader.skipKey();
    readAny(reader, depthMax - 1);
  }
}

function readArray(reader: BoundedReader, depthMax: number): void {
  if (depthMax < 1) reader.fail("any-too-deep");
  const elements = reader.count(1);
  for (let index = 0; index < elements && reader.ok; index++) readAny(reader, depthMax - 1);
}
