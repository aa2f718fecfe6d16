import { limits } from "../limits.ts";

/** The world point at the top left of the view, and screen pixels per world unit. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

export const CAMERA_HOME: Camera = { x: 0, y: 0, zoom: 1 };

export function toWorld(camera: Camera, screen: Point): Point {
  return { x: screen.x / camera.zoom + camera.x, y: screen.y / camera.zoom + camera.y };
}

export function toScreen(camera: Camera, world: Point): Point {
  return { x: (world.x - camera.x) * camera.zoom, y: (world.y - camera.y) * camera.zoom };
}

/** Moves the picture by screen pixels. */
export function panBy(camera: Camera, byX: number, byY: number): Camera {
  return { ...camera, x: inPlane(camera.x - byX / camera.zoom), y: inPlane(camera.y - byY / camera.zoom) };
}

/** Changes the zoom and keeps the world point under `screen` where it is. */
export function zoomAbout(camera: Camera, screen: Point, zoom: number): Camera {
  const next = Math.min(limits.zoomMax, Math.max(limits.zoomMin, zoom));
  const fixed = toWorld(camera, screen);
  return { x: inPlane(fixed.x - screen.x / next), y: inPlane(fixed.y - screen.y / next), zoom: next };
}

/** The camera that shows all of `bounds` in the middle, never closer than 100 %. `inset` is kept free on each side. */
export function frame(bounds: Bounds, view: Size, inset: Size): Camera {
  const width = Math.max(1, bounds.maxX - bounds.minX);
  const height = Math.max(1, bounds.maxY - bounds.minY);
  const roomX = Math.max(1, view.width - 2 * inset.width);
  const roomY = Math.max(1, view.height - 2 * inset.height);
  const zoom = Math.min(1, Math.max(limits.zoomMin, Math.min(roomX / width, roomY / height)));
  return {
    x: (bounds.minX + bounds.maxX) / 2 - view.width / zoom / 2,
    y: (bounds.minY + bounds.maxY) / 2 - view.height / zoom / 2,
    zoom,
  };
}

export function visible(camera: Camera, view: Size): Bounds {
  return {
    minX: camera.x,
    minY: camera.y,
    maxX: camera.x + view.width / camera.zoom,
    maxY: camera.y + view.height / camera.zoom,
  };
}

function inPlane(coordinate: number): number {
  return Math.min(limits.coordinateMax, Math.max(-limits.coordinateMax, coordinate));
}
