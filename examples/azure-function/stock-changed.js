/**
 * A handler for Azure Functions (Event Grid trigger): an event of the shop becomes an edit in a live document. Everybody
 * who has the document open sees it at once.
 *
 * @typedef {{ document: string, item: string, count: number }} StockChange
 *
 * @param {{ id: string, data: StockChange }} event  as Event Grid delivers it, maybe more than once
 * @param {{ log(text: string): void }} context  of the function
 * @returns {Promise<void>} rejects when Event Grid is to deliver the event again
 */
export async function stockChanged(event, context) {
  const { document, item, count } = event.data;
  const url = `${setting("COLLAB_URL")}/document?${new URLSearchParams({ document, format: "json" })}`;
  const headers = { Authorization: `Bearer ${setting("COLLAB_KEY")}` };
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const read = await fetch(url, { headers });
    if (!read.ok) throw new Error(`Reading ${document} failed: ${read.status} ${await read.text()}`);
    const content = await read.json();
    const stock = content.stock ?? { $type: "map", entries: {} };
    const changed = { ...content, stock: { ...stock, entries: { ...stock.entries, [item]: count } } };
    const written = await fetch(url, {
      method: "PUT",
      headers: {
        ...headers,
        "Content-Type": "application/json",
        // Somebody may have typed meanwhile: then read again. The same event is written once.
        "If-Match": read.headers.get("ETag") ?? "",
        "Idempotency-Key": event.id,
      },
      body: JSON.stringify(changed),
    });
    if (written.status === 412) continue;
    if (!written.ok) throw new Error(`Writing ${document} failed: ${written.status} ${await written.text()}`);
    context.log(`${item} is ${count} in ${document}.`);
    return;
  }
  throw new Error(`${document} changed ${attemptsMax} times while it was being written.`);
}

const attemptsMax = 5;

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`Set ${name}.`);
  return value;
}
