import { CAMERA_HOME, type Camera, type Point, type Size } from "./canvas/camera.ts";
import type { Theme } from "./canvas/palette.ts";
import type { Repaint } from "./canvas/renderer.ts";
import { Board } from "./model/board.ts";
import type { Style } from "./model/schema.ts";
import type { TextEdit } from "./model/text-edit.ts";
import { Cursors } from "./presence/cursors.ts";
import { DraftSender, RemoteDrafts } from "./presence/drafts.ts";
import { RemoteDrags } from "./presence/drags.ts";
import { Follow } from "./presence/follow.ts";
import { Presence, type User } from "./presence/presence.ts";
import { measureWords } from "./ruler.ts";
import type { Session } from "./session.ts";
import { type Cancel, createStore, type Store } from "./store.ts";
import { TimeMachine } from "./time-machine.ts";
import { type ToastAction, Toasts } from "./toasts.ts";
import { EraserTool } from "./tools/eraser.ts";
import { type Live, NOTHING_LIVE, type ToolHost } from "./tools/host.ts";
import { LineTool } from "./tools/line.ts";
import { NoteTool } from "./tools/note.ts";
import { PenTool } from "./tools/pen.ts";
import type { PointerHost } from "./tools/pointer.ts";
import { SelectTool } from "./tools/select.ts";
import { ShapeTool } from "./tools/shape.ts";
import { StyleMemory } from "./tools/styles.ts";
import { TextTool } from "./tools/text.ts";
import type { Tool, ToolName } from "./tools/tool.ts";
import { Ping } from "./wire/ping.ts";

export interface TextEditing {
  readonly edit: TextEdit;
  readonly isNew: boolean;
}

const PRUNE_MS = 1_000;

/**
 * One open board: what the person sees and does, apart from how it looks. It ties the document (`board`), the others
 * (`presence`, `drafts`, `drags`, `cursors`) and the tools together; the page and the canvas only read its stores.
 */
export class Editor implements ToolHost, PointerHost {
  readonly session: Session;
  readonly board: Board;
  readonly presence: Presence;
  readonly sender: DraftSender;
  readonly drafts: RemoteDrafts;
  readonly drags: RemoteDrags;
  readonly cursors: Cursors;
  readonly ping: Ping;

  readonly user: Store<User>;
  /** False behind a read-only link, and where the page that embeds the board says so. */
  readonly mayWrite: Store<boolean> = createStore(true);
  readonly tool: Store<ToolName> = createStore<ToolName>("pen");
  private readonly styles = new StyleMemory();
  readonly style: Store<Style> = createStore(this.styles.current);
  readonly selection: Store<ReadonlySet<string>> = createStore<ReadonlySet<string>>(new Set());
  readonly camera: Store<Camera> = createStore(CAMERA_HOME);
  readonly view: Store<Size> = createStore<Size>({ width: 1, height: 1 });
  readonly live: Store<Live> = createStore<Live>(NOTHING_LIVE);
  readonly editing: Store<TextEditing | null> = createStore<TextEditing | null>(null);
  readonly theme: Store<Theme> = createStore<Theme>("light");
  readonly cursor: Store<string> = createStore("crosshair");
  readonly hand: Store<"away" | "held" | "panning"> = createStore<"away" | "held" | "panning">("away");
  /** The last thing worth saying aloud. */
  readonly notice: Store<string> = createStore("");
  /** Another object whenever something must be painted anew. */
  readonly repaint: Store<{ readonly what: Repaint }> = createStore<{ readonly what: Repaint }>({ what: "all" });

  readonly follow: Follow;
  readonly past: TimeMachine;
  readonly toasts = new Toasts();
  /** Which of the large panels is open. */
  readonly panel: Store<"none" | "wire" | "versions"> = createStore<"none" | "wire" | "versions">("none");
  /** Is the sheet of shortcuts open. */
  readonly sheet: Store<boolean> = createStore(false);
  /** Where the pointer is on the board, or null: there the clipboard is put down. */
  pointer: Point | null = null;

  private readonly tools: Readonly<Record<ToolName, Tool | null>>;
  private readonly stops: Cancel[] = [];

  private readOnly = false;
  readonly still: () => boolean;

  /** `still` is asked on each movement: true for people who prefer reduced motion. */
  constructor(session: Session, user: User, { still }: { readonly still: () => boolean }) {
    this.session = session;
    this.still = still;
    this.user = createStore(user);
    this.board = new Board(session.doc, this.mayWrite.get, measureWords);
    this.presence = new Presence(session.awareness, user);
    this.sender = new DraftSender(session.broadcast, session.awareness.clientID, () => this.presence.sendEveryMs);
    this.drafts = new RemoteDrafts((id) => this.board.shapes.get(id) !== undefined);
    this.drags = new RemoteDrags((id) => this.board.shapes.get(id));
    this.cursors = new Cursors(still);
    this.ping = new Ping(session.broadcast, session.awareness.clientID);
    this.past = new TimeMachine(session.versions, (words) => this.tell(words));
    this.follow = new Follow(this);
    this.tools = {
      select: new SelectTool(this),
      hand: null,
      pen: new PenTool(this, { highlight: false }),
      highlighter: new PenTool(this, { highlight: true }),
      rect: new ShapeTool(this, "rect"),
      ellipse: new ShapeTool(this, "ellipse"),
      diamond: new ShapeTool(this, "diamond"),
      line: new LineTool(this, "line"),
      arrow: new LineTool(this, "arrow"),
      text: new TextTool(this),
      note: new NoteTool(this),
      eraser: new EraserTool(this),
    };
    this.listen();
  }

  /** Ends what is under way and frees everything. The session is its maker's to end. */
  dispose(): void {
    this.activeTool()?.cancel();
    for (const stop of this.stops.splice(0).reverse()) stop();
    this.past.close();
    this.toasts.dispose();
    this.follow.dispose();
    this.sender.dispose();
    this.presence.dispose();
    this.board.dispose();
  }

  setReadOnly(readOnly: boolean): void {
    this.readOnly = readOnly;
    this.weighRights();
  }

  userName(): string {
    return this.user.get().name;
  }

  activeTool(): Tool | null {
    const name = this.tool.get();
    const writes = name !== "select" && name !== "hand";
    return this.tools[writes && !this.board.writable ? "select" : name];
  }

  pick(name: ToolName): void {
    if (name === this.tool.get()) return;
    this.activeTool()?.cancel();
    this.tool.set(name);
    this.style.set(this.styles.turnTo(name));
    this.cursor.set(this.tools[name]?.cursor ?? "grab");
    if (name !== "select") this.selection.set(new Set());
  }

  editText(id: string, isNew: boolean): void {
    const edit = this.board.beginText(id);
    if (!edit) return;
    this.selection.set(new Set());
    this.editing.set({ edit, isNew });
    this.paint("all");
  }

  /** Ends typing. `size` is what the words measure on this screen. */
  endText(size: Size): void {
    const editing = this.editing.get();
    if (!editing) return;
    this.editing.set(null);
    this.board.endText(editing.edit, size, editing.isNew);
    this.paint("all");
  }

  panHeld(): boolean {
    return this.hand.get() !== "away";
  }

  panning(active: boolean): void {
    this.hand.set(active ? "panning" : "away");
  }

  pointed(at: Point | null): void {
    this.pointer = at;
    this.presence.setCursor(at);
  }

  say(text: string): void {
    // A second same sentence is news too: the space makes it another value.
    this.notice.set(this.notice.get() === text ? `${text} ` : text);
  }

  /** Says it, and shows it as well. */
  tell(text: string, action?: ToastAction): void {
    this.say(text);
    this.toasts.show(text, action);
  }

  rename(user: User): void {
    this.user.set(user);
    this.weighRights();
    this.presence.setUser(user);
  }

  paint(what: Repaint): void {
    this.repaint.set({ what });
  }

  private listen(): void {
    const { session, board, presence, selection } = this;
    this.weighRights();
    this.stops.push(
      session.status.subscribe(() => this.weighRights()),
      this.past.preview.subscribe(() => {
        this.weighRights();
        this.selection.set(new Set());
        this.paint("all");
      }),
      board.shapes.subscribe(() => {
        const kept = [...selection.get()].filter((id) => board.shapes.get(id));
        if (kept.length !== selection.get().size) {
          if (this.live.get().kind === "transform") {
            this.tell(kept.length === 0 ? "Someone deleted what you were moving" : "Someone deleted a part of it");
          }
          if (kept.length === 0) this.activeTool()?.cancel();
          selection.set(new Set(kept));
        }
        const editing = this.editing.get();
        if (editing && !board.shapes.get(editing.edit.id)) {
          editing.edit.dispose();
          this.editing.set(null);
        }
        this.prune();
        this.paint("all");
      }),
      presence.people.subscribe(() => {
        const now = performance.now();
        const people = presence.people.get();
        this.cursors.update(people, now);
        this.drags.update(people, now);
        this.prune();
        this.paint(this.drags.active ? "all" : "front");
      }),
      session.onBroadcast((from, bytes) => {
        const now = performance.now();
        if (!this.ping.receive(bytes, now) && this.drafts.receive(from, bytes, now)) this.paint("front");
      }),
      selection.subscribe(() => {
        presence.setSelection(selection.get());
        this.paint("front");
      }),
      this.style.subscribe(() => this.styles.keep(this.style.get())),
      this.live.subscribe(() => this.paint(PAINTED_BY[this.live.get().kind])),
      this.camera.subscribe(() => this.paint("camera")),
      this.theme.subscribe(() => this.paint("all")),
    );
    const pruning = setInterval(() => {
      this.prune();
      this.paint(this.drags.active ? "all" : "front");
    }, PRUNE_MS);
    this.stops.push(() => clearInterval(pruning));
  }

  private weighRights(): void {
    const past = this.past.preview.get() !== null;
    const allowed = !this.readOnly && !past && this.session.status.get().role !== "reader";
    if (!allowed && this.mayWrite.get()) this.activeTool()?.cancel();
    this.mayWrite.set(allowed);
    const userId = this.session.userId();
    if (userId !== null) this.board.setAuthor({ userId, name: this.userName() });
  }

  private prune(): void {
    const people = this.presence.people.get();
    this.drafts.prune(new Set(people.map((person) => person.clientId)), performance.now());
  }
}

/** What must be painted again when the gesture changes: shapes that leave or rejoin the lower canvas, or not. */
const PAINTED_BY: Readonly<Record<Live["kind"], "all" | "front">> = {
  none: "all",
  draft: "front",
  marquee: "front",
  transform: "all",
  copy: "all",
  erase: "all",
};
