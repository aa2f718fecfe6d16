/** What another application imports to have a board in its page. */
export { createSession, type Session, type SessionOptions } from "./session.ts";
export { Whiteboard, type WhiteboardProps } from "./ui/Whiteboard.tsx";
