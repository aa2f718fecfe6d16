const ROOM = /^\/b\/([A-Za-z0-9_-]{1,64})\/?$/;

export type Route = { readonly page: "board"; readonly room: string } | { readonly page: "new" };

/** `/b/<room>` is a board; everything else opens a new one. */
export function routeOf(path: string): Route {
  const room = ROOM.exec(path)?.[1];
  return room === undefined ? { page: "new" } : { page: "board", room };
}

export function pathOf(room: string): string {
  return `/b/${room}`;
}
