import * as Y from "yjs";

/** Afterwards all are the same. */
export function exchange(docs: readonly Y.Doc[]): void {
  for (const one of docs) for (const other of docs) Y.applyUpdate(one, Y.encodeStateAsUpdate(other));
}

/** Three people, whose own edits go into `log` in the order they are made. */
export function peopleWritingInto(log: Uint8Array[]): readonly Y.Doc[] {
  const people = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
  for (const doc of people) {
    doc.on("update", (update: Uint8Array, _origin, _doc, { local }: Y.Transaction) => local && log.push(update));
  }
  return people;
}

export type Random = (below: number) => number;

/** The same numbers for the same start. */
export function randomOf(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One change of any kind, somewhere. */
export function edit(doc: Y.Doc, random: Random): void {
  const types = [doc.getText("t"), doc.getArray<unknown>("a"), doc.getMap<unknown>("m"), doc.getXmlFragment("x")];
  const type = types[random(types.length)];
  if (type) editType(type, random, 3);
}

function editType(type: unknown, random: Random, depth: number): void {
  if (type instanceof Y.XmlText || type instanceof Y.Text) editText(type, random);
  else if (type instanceof Y.Map) {
    const key = `k${random(5)}`;
    const inner = type.get(key);
    if (random(3) === 0) type.delete(key);
    else if (inner instanceof Y.AbstractType && random(3) > 0) editType(inner, random, depth - 1);
    else type.set(key, anyValue(random, depth));
  } else if (type instanceof Y.Array) {
    const at = random(type.length + 1);
    const inner = type.length > 0 ? type.get(random(type.length)) : null;
    if (random(3) === 0 && type.length > at) type.delete(at, 1 + random(Math.min(3, type.length - at)));
    else if (inner instanceof Y.AbstractType && random(2) === 0) editType(inner, random, depth - 1);
    else type.insert(at, [anyValue(random, depth), anyValue(random, depth)]);
  } else if (type instanceof Y.XmlFragment) editXml(type, random, depth);
}

function editXml(type: Y.XmlFragment, random: Random, depth: number): void {
  if (type instanceof Y.XmlElement && random(3) === 0) type.setAttribute(`a${random(3)}`, `v${random(9)}`);
  else if (type.length > 0 && random(3) === 0) type.delete(random(type.length), 1);
  else if (type.length > 0 && random(2) === 0) editType(type.get(random(type.length)), random, depth - 1);
  else
    type.insert(random(type.length + 1), [random(2) === 0 ? new Y.XmlText("xml") : new Y.XmlElement(`n${random(3)}`)]);
}

function editText(text: Y.Text, random: Random): void {
  const at = random(text.length + 1);
  const rest = text.length - at;
  switch (random(5)) {
    case 0:
      if (rest > 0) text.delete(at, 1 + random(rest));
      return;
    case 1:
      if (rest > 0) text.format(at, 1 + random(rest), { [`f${random(3)}`]: random(2) === 0 ? null : random(3) });
      return;
    case 2:
      text.insertEmbed(at, { n: random(9) });
      return;
    default:
      text.insert(at, ["abc", "défg", "😀😀", "x"][random(4)] ?? "", random(3) === 0 ? { [`f${random(3)}`]: 1 } : {});
  }
}

function anyValue(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 8 : 5);
  if (kind === 5) return new Y.Map([["x", random(9)]]);
  if (kind === 6) return Y.Array.from([random(9), "s"]);
  if (kind === 7) return new Y.Text("nested");
  return [random(100), `s${random(9)}`, { a: [random(3)] }, Uint8Array.of(random(9)), null][kind];
}
