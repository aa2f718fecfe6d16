import { type ReactNode, useEffect, useState } from "react";
import type { Editor } from "../editor.ts";
import { createStore } from "../store.ts";
import type { Lab } from "../wire/lab.ts";
import { bytesInWords, Meter, READINGS, type Reading } from "../wire/meter.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

const SECOND_MS = 1_000;
const SLOW_MS = 400;
const CURVE_HEIGHT = 36;
/** Cursors differ at their ends. */
const CURSOR_SHOWN = 14;
const NO_DELAY = createStore(0);

export interface WirePanelProps {
  readonly editor: Editor;
  /** Buttons that break things; null: only what travels is shown. */
  readonly lab: Lab | null;
}

/** What travels between this client, the service and the server, and ways to disturb it. */
export function WirePanel({ editor, lab }: WirePanelProps): ReactNode {
  const { session } = editor;
  const status = useStore(session.status);
  const slowMs = useStore(lab?.slowMs ?? NO_DELAY);
  const meter = useMeter(editor);
  const facts = session.wire();
  const { last } = meter;
  const away = status.connection === "disconnected";
  return (
    <section className="panel wire" aria-label="Wire">
      <h2>Wire</h2>
      <button
        type="button"
        className="corner"
        aria-label="Close the wire panel"
        onClick={() => editor.panel.set("none")}
      >
        <Icon name="close" />
      </button>
      <Curve readings={meter.readings} />
      <dl>
        <Fact name="In">
          {last.messagesIn}/s <span className="wire-more">{bytesInWords(last.bytesIn)}/s</span>
        </Fact>
        <Fact name="Out">
          {last.messagesOut}/s <span className="wire-more">{bytesInWords(last.bytesOut)}/s</span>
        </Fact>
        <Fact
          name="Billed"
          title="Units of 2 KB that the service delivered to this client, and of its messages to all others"
        >
          {facts.unitsIn} <span className="wire-more">in</span> {facts.unitsOut} <span className="wire-more">out</span>
        </Fact>
        <Fact name="Round trip" title="Through the service to another client and back">
          {editor.ping.roundTripMs === null ? "alone" : `${Math.round(editor.ping.roundTripMs)} ms`}
        </Fact>
        <Fact name="Link">{status.link}</Fact>
        <Fact name="Not saved yet">{status.unsyncedChanges}</Fact>
        <Fact name="Saved up to" title="The end of the last receipt's cursor in the server's log">
          {facts.savedCursor?.slice(-CURSOR_SHOWN) ?? "–"}
        </Fact>
      </dl>
      <div className="wire-deeds">
        <button
          type="button"
          className="wire-deed"
          aria-pressed={away}
          onClick={() => (away ? session.connect() : session.disconnect())}
        >
          Stay offline
        </button>
        {lab && (
          <>
            <button type="button" className="wire-deed" onClick={() => lab.drop()}>
              Drop the line
            </button>
            <button
              type="button"
              className="wire-deed"
              aria-pressed={slowMs > 0}
              onClick={() => lab.slowMs.set(slowMs > 0 ? 0 : SLOW_MS)}
            >
              Slow by {SLOW_MS} ms
            </button>
            {lab.killServer && (
              <button type="button" className="wire-deed" onClick={() => void lab.killServer?.()}>
                Kill the server
              </button>
            )}
          </>
        )}
      </div>
    </section>
  );
}

/** A meter that reads the session once a second while the panel is open. */
function useMeter(editor: Editor): Meter {
  const { session } = editor;
  const [meter] = useState(() => {
    const fresh = new Meter();
    fresh.read(session.wire());
    return fresh;
  });
  const [, renew] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      meter.read(session.wire());
      askSomebody(editor);
      renew((count) => count + 1);
    }, SECOND_MS);
    return () => clearInterval(timer);
  }, [meter, session, editor]);
  return meter;
}

function askSomebody({ ping, presence }: Editor): void {
  const other = presence.people.get().find(({ me }) => !me);
  if (other) ping.ask(other.clientId, performance.now());
  else ping.forget();
}

/** Bytes of the last minute: what came above the line, what went below it. */
function Curve({ readings }: { readonly readings: readonly Reading[] }): ReactNode {
  const most = Math.max(200, ...readings.map(({ bytesIn, bytesOut }) => Math.max(bytesIn, bytesOut)));
  const bars = (key: "bytesIn" | "bytesOut", towards: -1 | 1): string =>
    readings
      .map((reading, second) => `M${second + 0.5} 0V${(towards * Math.sqrt(reading[key] / most) * CURVE_HEIGHT) / 2}`)
      .join("");
  return (
    <svg
      className="wire-curve"
      viewBox={`0 ${-CURVE_HEIGHT / 2} ${READINGS} ${CURVE_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path className="wire-zero" d={`M0 0H${READINGS}`} />
      <path className="wire-in" d={bars("bytesIn", -1)} />
      <path className="wire-out" d={bars("bytesOut", 1)} />
    </svg>
  );
}

interface FactProps {
  readonly name: string;
  readonly title?: string;
  readonly children: ReactNode;
}

function Fact({ name, title, children }: FactProps): ReactNode {
  return (
    <div className="wire-fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
