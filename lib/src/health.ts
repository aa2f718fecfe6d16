import type { Request, Response } from "express";
import type { Collab } from "./collab.ts";

/** The process runs and answers. Nothing else is looked at: a store that is down is no reason to be restarted. */
export async function getLive(_request: Request, response: Response): Promise<void> {
  response.json({ status: "live" });
}

/** Whether requests should be sent here: 200, or 503 with the parts that fail. */
export function getReady(collab: Collab): (request: Request, response: Response) => Promise<void> {
  return async (_request, response) => {
    const { ready, parts } = await collab.health.look();
    response.status(ready ? 200 : 503).json({ status: ready ? "ready" : "not-ready", ...parts });
  };
}
