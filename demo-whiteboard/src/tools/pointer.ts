import { type Camera, type Point, panBy, toWorld, zoomAbout } from "../canvas/camera.ts";
import type { Cancel, Store } from "../store.ts";
import type { Modifiers, Sample, Tool } from "./tool.ts";

export interface PointerHost {
  readonly camera: Store<Camera>;
  /** The tool that a new gesture belongs to; null when the pointer pans. */
  activeTool(): Tool | null;
  /** True while the space bar is held. */
  panHeld(): boolean;
  /** Where the pointer is in the world, for others to see; null when it left. */
  pointed(at: Point | null): void;
  panning(active: boolean): void;
}

type Gesture =
  | { readonly kind: "idle" }
  | { readonly kind: "tool"; readonly pointer: number; readonly tool: Tool }
  | { readonly kind: "pan"; readonly pointer: number; at: Point }
  | { readonly kind: "pinch"; at: Point; spread: number };

const IDLE: Gesture = { kind: "idle" };
const WHEEL_LINE_PIXELS = 16;
const ZOOM_PER_WHEEL_PIXEL = 0.0022;
const WHEEL_ZOOM_STEP_MAX = 60;
const DOUBLE_CLICK_MS = 400;
const DOUBLE_CLICK_PIXELS = 6;

/** Mouse, pen and fingers on the canvas: to the active tool, or to the camera. Answers how to stop listening. */
export function attachPointer(element: HTMLElement, host: PointerHost): Cancel {
  const fingers = new Map<number, Point>();
  let gesture: Gesture = IDLE;
  /** Once a pen was seen, fingers pan: a resting palm must not draw. */
  let penSeen = false;
  let lastClick = { at: { x: 0, y: 0 }, time: Number.NEGATIVE_INFINITY };
  const stop = new AbortController();

  const place = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const sample = (event: PointerEvent): Sample => ({
    world: toWorld(host.camera.get(), place(event)),
    pressure: event.pointerType === "pen" ? event.pressure : null,
  });
  const endTool = (how: "up" | "cancel"): void => {
    if (gesture.kind !== "tool") return;
    const { tool } = gesture;
    gesture = IDLE;
    tool[how]();
  };
  const startPan = (event: PointerEvent): void => {
    gesture = { kind: "pan", pointer: event.pointerId, at: place(event) };
    host.panning(true);
  };

  const down = (event: PointerEvent): void => {
    if (event.pointerType === "pen") penSeen = true;
    if (event.pointerType === "touch") fingers.set(event.pointerId, place(event));
    element.setPointerCapture(event.pointerId);
    if (fingers.size === 2) {
      endTool("cancel");
      const { at, spread } = pinchOf(fingers);
      gesture = { kind: "pinch", at, spread };
      return;
    }
    if (gesture.kind !== "idle") return;
    const tool = host.activeTool();
    const pans = event.button === 1 || host.panHeld() || (penSeen && event.pointerType === "touch");
    if (pans || !tool) {
      startPan(event);
      return;
    }
    if (event.button !== 0) return;
    gesture = { kind: "tool", pointer: event.pointerId, tool };
    const at = sample(event);
    host.pointed(at.world);
    tool.down(at, modifiers(event));
  };

  const move = (event: PointerEvent): void => {
    if (event.pointerType === "touch" && fingers.has(event.pointerId)) fingers.set(event.pointerId, place(event));
    switch (gesture.kind) {
      case "pinch": {
        if (fingers.size < 2) return;
        const { at, spread } = pinchOf(fingers);
        const camera = panBy(host.camera.get(), at.x - gesture.at.x, at.y - gesture.at.y);
        host.camera.set(zoomAbout(camera, at, (camera.zoom * spread) / Math.max(1, gesture.spread)));
        gesture.at = at;
        gesture.spread = spread;
        return;
      }
      case "pan": {
        if (event.pointerId !== gesture.pointer) return;
        const at = place(event);
        host.camera.set(panBy(host.camera.get(), at.x - gesture.at.x, at.y - gesture.at.y));
        gesture.at = at;
        return;
      }
      case "tool": {
        if (event.pointerId !== gesture.pointer) return;
        const samples = coalesced(event).map(sample);
        host.pointed(samples.at(-1)?.world ?? null);
        gesture.tool.move(samples, modifiers(event));
        return;
      }
      case "idle": {
        const { world } = sample(event);
        host.pointed(world);
        host.activeTool()?.hover?.(world);
      }
    }
  };

  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (gesture.kind === "pinch") {
      if (fingers.size < 2) gesture = IDLE;
      return;
    }
    if (gesture.kind === "pan" && gesture.pointer === event.pointerId) {
      gesture = IDLE;
      host.panning(false);
    }
    if (gesture.kind !== "tool" || gesture.pointer !== event.pointerId) return;
    const { tool } = gesture;
    // A lost capture ends the gesture as lifting does: what was drawn is kept.
    endTool(event.type === "pointercancel" ? "cancel" : "up");
    if (event.type === "pointerup") click(event, tool);
  };

  const click = (event: PointerEvent, tool: Tool): void => {
    const at = place(event);
    const near = Math.hypot(at.x - lastClick.at.x, at.y - lastClick.at.y) < DOUBLE_CLICK_PIXELS;
    const again = near && event.timeStamp - lastClick.time < DOUBLE_CLICK_MS;
    lastClick = { at, time: again ? Number.NEGATIVE_INFINITY : event.timeStamp };
    if (again && host.activeTool() === tool) tool.doubleClick?.(toWorld(host.camera.get(), at));
  };

  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE_PIXELS : 1;
    const camera = host.camera.get();
    if (event.ctrlKey || event.metaKey) {
      const step = Math.max(-WHEEL_ZOOM_STEP_MAX, Math.min(WHEEL_ZOOM_STEP_MAX, event.deltaY * unit));
      const factor = Math.exp(-step * ZOOM_PER_WHEEL_PIXEL * (Math.abs(step) < 20 ? 4 : 1));
      host.camera.set(zoomAbout(camera, place(event), camera.zoom * factor));
    } else if (event.shiftKey && event.deltaX === 0) host.camera.set(panBy(camera, -event.deltaY * unit, 0));
    else host.camera.set(panBy(camera, -event.deltaX * unit, -event.deltaY * unit));
  };

  const { signal } = stop;
  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", up, { signal });
  element.addEventListener("pointercancel", up, { signal });
  element.addEventListener("lostpointercapture", up, { signal });
  element.addEventListener("pointerleave", () => host.pointed(null), { signal });
  element.addEventListener("wheel", wheel, { signal, passive: false });
  element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  return () => {
    endTool("cancel");
    stop.abort();
  };
}

function pinchOf(fingers: ReadonlyMap<number, Point>): { readonly at: Point; readonly spread: number } {
  const [a = { x: 0, y: 0 }, b = a] = [...fingers.values()];
  return { at: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, spread: Math.hypot(a.x - b.x, a.y - b.y) };
}

/** All samples since the last frame; browsers offer them in secure contexts only. */
function coalesced(event: PointerEvent): readonly PointerEvent[] {
  const events = typeof event.getCoalescedEvents === "function" ? event.getCoalescedEvents() : [];
  return events.length > 0 ? events : [event];
}

function modifiers(event: PointerEvent): Modifiers {
  return { shift: event.shiftKey, alt: event.altKey };
}
