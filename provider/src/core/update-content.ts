import type { BoundedReader } from "./bounded-reader.ts";
import { scanJson } from "./json-depth.ts";
import type { UpdateLimits } from "./update-summary.ts";
import { readAny } from "./validate-any.ts";

/** Content references of Yjs V1, the low five bits of a struct's info byte. */
export const contentRef = {
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  subdocument: 9,
} as const;

const typeRefMax = 6;
const xmlElementRef = 3;
const xmlHookRef = 5;
const anyObject = 118;
const undefinedText = new TextEncoder().encode("undefined");
/** Options of a sub-document that would replace its identity, or that Yjs would call as a function. */
const forbiddenOptions = ["guid", "gcFilter", "__proto__"];

/** Walks an item's content and answers its length in clock units; 0 when the reader met a problem. */
export function readContent(reader: BoundedReader, reference: number, limits: UpdateLimits): number {
  switch (reference) {
    case contentRef.deleted:
      return reader.varUint();
    case contentRef.json:
      return readJsonElements(reader, limits);
    case contentRef.binary:
      reader.varBytes();
      return 1;
    case contentRef.string:
      return reader.skipVarString();
    case contentRef.embed:
      readJson(reader, limits);
      return 1;
    case contentRef.format:
      reader.skipKey();
      readJson(reader, limits);
      return 1;
    case contentRef.type:
      readType(reader);
      return 1;
    case contentRef.any:
      return readAnyElements(reader, limits);
    case contentRef.subdocument:
      reader.skipVarString();
      readSubdocumentOptions(reader, limits);
      return 1;
    default:
      reader.fail("unknown-content");
      return 0;
  }
}

function readJson(reader: BoundedReader, limits: UpdateLimits): void {
  const text = reader.varText();
  const problem = reader.ok ? scanJson(text, limits.jsonDepthMax) : null;
  if (problem !== null) reader.fail(problem);
}

function readJsonElements(reader: BoundedReader, limits: UpdateLimits): number {
  const elements = reader.count(2);
  for (let index = 0; index < elements && reader.ok; index++) {
    const text = reader.varText();
    if (!reader.ok || isUndefinedText(text)) continue;
    const problem = scanJson(text, limits.jsonDepthMax);
    if (problem !== null) reader.fail(problem);
  }
  return elements;
}

/** ContentJSON writes an undefined element as this word, which is not JSON. */
function isUndefinedText(text: Uint8Array): boolean {
  return text.length === undefinedText.length && undefinedText.every((byte, index) => text[index] === byte);
}

function readAnyElements(reader: BoundedReader, limits: UpdateLimits): number {
  const elements = reader.count(1);
  for (let index = 0; index < elements && reader.ok; index++) readAny(reader, limits.jsonDepthMax);
  return elements;
}

function readType(reader: BoundedReader): void {
  const type = reader.varUint();
  if (type > typeRefMax) reader.fail("unknown-type");
  if (type === xmlElementRef || type === xmlHookRef) reader.skipVarString();
}

/** Yjs spreads the options into `new Y.Doc`, so they must be an object, and only what a document may be told. */
function readSubdocumentOptions(reader: BoundedReader, limits: UpdateLimits): void {
  if (reader.uint8() !== anyObject) reader.fail("bad-subdocument-options");
  const entries = reader.count(2);
  for (let index = 0; index < entries && reader.ok; index++) {
    const name = reader.varString();
    if (forbiddenOptions.includes(name)) reader.fail("forbidden-key");
    readAny(reader, limits.jsonDepthMax - 1);
  }
}
