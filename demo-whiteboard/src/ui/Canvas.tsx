import { type ReactNode, useLayoutEffect, useRef } from "react";
import { Renderer } from "../canvas/renderer.ts";
import type { Editor } from "../editor.ts";
import { sceneOf } from "../scene.ts";
import { attachPointer } from "../tools/pointer.ts";
import { useStore } from "./useStore.ts";

/** The drawing area: two canvases that the renderer paints, and the pointer over them. */
export function Canvas({ editor }: { readonly editor: Editor }): ReactNode {
  const area = useRef<HTMLDivElement>(null);
  const back = useRef<HTMLCanvasElement>(null);
  const front = useRef<HTMLCanvasElement>(null);
  const cursor = useStore(editor.cursor);
  const hand = useStore(editor.hand);

  useLayoutEffect(() => {
    if (!area.current || !back.current || !front.current) return;
    const element = area.current;
    const renderer = new Renderer(back.current, front.current, sceneOf(editor));
    const resize = (): void => {
      const view = { width: element.clientWidth, height: element.clientHeight };
      editor.view.set(view);
      renderer.resize(view, window.devicePixelRatio);
    };
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    resize();
    const stopPaint = editor.repaint.subscribe(() => renderer.invalidate(editor.repaint.get().what));
    const stopPointer = attachPointer(element, editor);
    return () => {
      stopPointer();
      stopPaint();
      observer.disconnect();
      renderer.dispose();
    };
  }, [editor]);

  const shown = hand === "panning" ? "grabbing" : hand === "held" ? "grab" : cursor;
  return (
    <div
      ref={area}
      className="canvas"
      role="application"
      aria-label="Drawing area. Choose a tool, then press Enter to place a shape. Tab walks the shapes."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the drawing area takes keys, and role application says so
      tabIndex={0}
      style={{ cursor: shown }}
    >
      <canvas ref={back} />
      <canvas ref={front} />
    </div>
  );
}
