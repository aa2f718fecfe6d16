import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { paintThumbnail } from "../canvas/picture.ts";
import type { Editor } from "../editor.ts";
import { limits } from "../limits.ts";
import type { Moment } from "../time-machine.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** The board's past: a line to scrub along, and its versions with pictures and authors. Looking changes nothing. */
export function Versions({ editor }: { readonly editor: Editor }): ReactNode {
  const { past } = editor;
  const state = useStore(past.state);
  useEffect(() => {
    void past.open();
    return () => past.close();
  }, [past]);
  return (
    <section className="panel versions" aria-label="History">
      <h2>History</h2>
      <button type="button" className="corner" aria-label="Close the history" onClick={() => editor.panel.set("none")}>
        <Icon name="close" />
      </button>
      {state.kind === "loading" && <p className="versions-note">Reading the history …</p>}
      {state.kind === "problem" && <p className="versions-note">{state.words}</p>}
      {state.kind === "open" && <Moments editor={editor} moments={state.moments} />}
    </section>
  );
}

function Moments({ editor, moments }: { readonly editor: Editor; readonly moments: readonly Moment[] }): ReactNode {
  const chosen = useStore(editor.past.chosen);
  const mayName = useStore(editor.mayWrite) || chosen !== null;
  return (
    <>
      <Scrubber editor={editor} moments={moments} />
      {mayName && <NameForm editor={editor} moment={chosen} />}
      {moments.length === 0 && <p className="versions-note">Nothing was drawn yet.</p>}
      <ol className="versions-list" aria-label="Moments, newest first">
        {moments.slice(0, limits.momentsShown).map((moment) => (
          <li key={`${moment.cursor} ${moment.label}`}>
            <button
              type="button"
              className="version"
              aria-pressed={chosen?.cursor === moment.cursor}
              onClick={() => void editor.past.look(moment)}
            >
              <Thumbnail editor={editor} moment={moment} />
              <span className="version-words">
                <strong>{titleOf(moment)}</strong>
                <small>
                  {authorOf(editor, moment)} · {timeOf(moment.at)}
                </small>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Oldest at the left, the living board at the right end. */
function Scrubber({ editor, moments }: { readonly editor: Editor; readonly moments: readonly Moment[] }): ReactNode {
  const chosen = useStore(editor.past.chosen);
  const place = chosen ? moments.findIndex(({ cursor }) => cursor === chosen.cursor) : -1;
  const value = moments.length - 1 - place;
  return (
    <input
      className="scrubber"
      type="range"
      aria-label="Moment of the board"
      aria-valuetext={chosen ? `${titleOf(chosen)}, ${timeOf(chosen.at)}` : "Now"}
      min={0}
      max={moments.length}
      value={value}
      onChange={(event) => {
        const moment = moments[moments.length - 1 - Number(event.target.value)];
        if (moment) void editor.past.look(moment);
        else editor.past.leave();
      }}
    />
  );
}

function NameForm({ editor, moment }: { readonly editor: Editor; readonly moment: Moment | null }): ReactNode {
  const [label, setLabel] = useState("");
  const field = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (label.trim() === "") return;
    void editor.past.name(label.trim(), moment);
    setLabel("");
  };
  return (
    <form className="name-row" onSubmit={submit}>
      <label className="hidden" htmlFor={field}>
        {moment ? "Name of this moment" : "Name of the board as it is now"}
      </label>
      <input
        id={field}
        value={label}
        maxLength={limits.nameMax}
        placeholder={moment ? "Name this moment" : "Name it as it is now"}
        onChange={(event) => setLabel(event.target.value)}
      />
      <button type="submit" className="primary">
        Keep
      </button>
    </form>
  );
}

function Thumbnail({ editor, moment }: { readonly editor: Editor; readonly moment: Moment }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(editor.theme);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let gone = false;
    // Only what comes into view is fetched: a history may be long.
    const watcher = new IntersectionObserver(async ([entry]) => {
      if (!entry?.isIntersecting) return;
      watcher.disconnect();
      const shapes = await editor.past.picture(moment);
      if (!shapes || gone) return;
      paintThumbnail(element, shapes, theme);
      element.dataset["painted"] = "yes";
    });
    watcher.observe(element);
    return () => {
      gone = true;
      watcher.disconnect();
    };
  }, [editor, moment, theme]);
  return <canvas ref={canvas} className="thumbnail" width={144} height={96} />;
}

/** Over a board of the past: which one it is, and the ways out. */
export function PastBanner({ editor }: { readonly editor: Editor }): ReactNode {
  const preview = useStore(editor.past.preview);
  const mayRestore = useStore(editor.session.status).role !== "reader";
  if (!preview) return null;
  const { moment } = preview;
  return (
    <div className="panel past" role="status">
      <span>
        <strong>{titleOf(moment)}</strong> {timeOf(moment.at)}
      </span>
      {mayRestore && (
        <button type="button" className="primary" onClick={() => void editor.past.restore(moment)}>
          Restore
        </button>
      )}
      <button type="button" className="wire-deed" onClick={() => editor.past.leave()}>
        Back to now
      </button>
    </div>
  );
}

function titleOf({ label, kept }: Moment): string {
  if (label !== "") return label;
  if (kept === "restore") return "Before a restore";
  return kept === "automatic" ? "Kept by itself" : "Edited";
}

function authorOf(editor: Editor, { userId }: Moment): string {
  return editor.board.nameOf(userId) ?? "Somebody";
}

const DAY_MS = 86_400_000;

function timeOf(at: number): string {
  const near = Date.now() - at < DAY_MS;
  return new Intl.DateTimeFormat(
    undefined,
    near ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" },
  ).format(at);
}
