/** The live page: listens to `/live` and shows what it says. Text is set as text, never as HTML. */

const linesMax = 400;
const moments = 240;
const byId = (id) => document.getElementById(id);
const rates = [];
let source;
let paused = false;

/** One listener at a time: the filter is part of its address. */
function listen() {
  source?.close();
  source = new EventSource(`live?filter=${encodeURIComponent(byId("filter").value)}`);
  source.addEventListener("open", () => showState("live", "live"));
  source.addEventListener("error", () => showState("lost", "lost: trying again"));
  source.addEventListener("overview", (event) => showOverview(JSON.parse(event.data)));
  source.addEventListener("frames", (event) => showFrames(JSON.parse(event.data)));
}

function showState(state, text) {
  byId("status").dataset.state = state;
  byId("status").textContent = text;
}

function showOverview(overview) {
  const { perSecond, totals } = overview;
  const numbers = {
    connections: overview.connections,
    groups: overview.groups,
    messagesIn: perSecond.messagesIn,
    messagesOut: perSecond.messagesOut,
    kilobytesOut: perSecond.bytesOut / 1024,
    unitsSummed: totals.unitsSummed,
    unitsRounded: totals.unitsRounded,
    acks: totals.acks,
    recoveries: totals.recoveries,
    slowClients: totals.slowClients,
  };
  for (const [id, value] of Object.entries(numbers)) byId(id).textContent = short(value);
  byId("uptime").textContent = `up ${duration(overview.uptimeSeconds)}`;
  byId("faults").hidden = overview.faultRules === 0;
  byId("faults").textContent = `${overview.faultRules} fault ${overview.faultRules === 1 ? "rule" : "rules"} in force`;
  rates.push(perSecond.messagesOut);
  if (rates.length > moments) rates.shift();
  draw();
  if (paused) return;
  const hubs = overview.hubs.filter((hub) => hub.connectionCount > 0 || hub.groupCount > 0);
  if (hubs.length > 0) keepScroll(byId("hubs"), hubs.map(hubCard));
  else
    byId("hubs").replaceChildren(element("p", "empty", "Nobody is connected. Connect a client, and it appears here."));
}

function hubCard(hub) {
  const card = element("article", "hub");
  const columns = element("div", "columns");
  columns.append(
    table(
      `connections: ${hub.connectionCount}`,
      ["connection", "user", "protocol", "groups", "unacked"],
      hub.connections.map((connection) => [
        element("code", connection.phase === "away" ? "away" : "", connection.id),
        connection.phase === "away" ? `${connection.userId ?? ""} (away)` : (connection.userId ?? ""),
        connection.subprotocol.replace(".webpubsub.azure.v1", ""),
        connection.groups,
        connection.unacked ?? "",
      ]),
      hub.connectionCount,
    ),
    table(
      `groups: ${hub.groupCount}`,
      ["group", "members", "who"],
      hub.groups.map((group) => [
        element("code", "", group.name),
        group.size,
        group.members.join(", ") + (group.size > group.members.length ? " …" : ""),
      ]),
      hub.groupCount,
    ),
  );
  card.append(element("h2", "", hub.name), columns);
  return card;
}

function table(title, heads, rows, total) {
  const box = element("div", "scroll");
  const body = element("table");
  const head = element("tr");
  head.append(...heads.map((text) => element("th", "", text)));
  body.append(head, ...rows.map(row));
  box.append(element("h3", "", title), body);
  if (total > rows.length) box.append(element("p", "more", `and ${total - rows.length} more`));
  return box;
}

function row(cells) {
  const line = element("tr");
  for (const cell of cells) {
    const place = element("td", typeof cell === "number" ? "number" : "");
    place.append(cell);
    line.append(place);
  }
  return line;
}

/** The lists are made anew twice a second: whoever has scrolled in one stays where they are. */
function keepScroll(parent, children) {
  const places = [...parent.querySelectorAll(".scroll")].map((box) => box.scrollTop);
  parent.replaceChildren(...children);
  for (const [i, box] of [...parent.querySelectorAll(".scroll")].entries()) box.scrollTop = places[i] ?? 0;
}

function showFrames({ lines, skipped }) {
  if (paused) return;
  byId("skipped").textContent = skipped === 0 ? "" : `${skipped} not shown`;
  const tail = byId("tail");
  tail.prepend(...lines.map(frame).reverse());
  while (tail.childElementCount > linesMax) tail.lastElementChild.remove();
}

function frame({ at, direction, connectionId, userId, bytes, text }) {
  const line = element("li");
  const time = new Date(at).toISOString().slice(11, 23);
  const who = element("span", "", userId ?? connectionId);
  who.title = connectionId;
  line.append(
    element("span", "time", time),
    element("span", direction, direction),
    who,
    element("span", "number", `${short(bytes)} B`),
    element("span", "text", text ?? "(payloads are shown on loopback only)"),
  );
  return line;
}

function draw() {
  const canvas = byId("chart");
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--out");
  pen.lineWidth = 1.5;
  const top = Math.max(1, ...rates);
  pen.beginPath();
  for (const [i, rate] of rates.entries()) {
    pen.lineTo(((moments - rates.length + i) / (moments - 1)) * width, height - 1 - (rate / top) * (height - 3));
  }
  pen.stroke();
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

function short(value) {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function duration(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

let typing;
byId("filter").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    byId("tail").replaceChildren();
    listen();
  }, 250);
});
byId("pause").addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  currentTarget.setAttribute("aria-pressed", String(paused));
  currentTarget.textContent = paused ? "resume" : "pause";
});
byId("clear").addEventListener("click", () => byId("tail").replaceChildren());
listen();
